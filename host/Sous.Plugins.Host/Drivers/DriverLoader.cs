using System.Reflection;
using McMaster.NETCore.Plugins;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Drivers;

/// <summary>
/// Loads a driver into a load context of its own and makes its factory: the first of its code to run. The one file that
/// knows the loading library.
/// </summary>
internal sealed class DriverLoader(DriverDefects defects, TimeProvider clock)
{
    /// <summary>A factory does no I/O; one that takes longer than this hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly (DriverCapability Capability, Type Interface)[] Abilities =
    [
        (DriverCapability.Pos, typeof(IPosDriver)),
        (DriverCapability.Storage, typeof(IStorageDriver)),
        (DriverCapability.Locations, typeof(ILocationDirectory)),
        (DriverCapability.DayTotals, typeof(IBusinessDayTotals)),
        (DriverCapability.PushChannels, typeof(IPushChannels)),
        (DriverCapability.TokenMessages, typeof(ITokenMessages)),
        (DriverCapability.Webhooks, typeof(IWebhookReceiver)),
    ];

    /// <summary>Loads a copy that passed its preflight. What the driver's code throws becomes a refusal.</summary>
    public async Task<LoadResult> LoadAsync(CachedPlugin plugin, DriverManifest manifest, int generation, CancellationToken cancellationToken)
    {
        try
        {
            var load = Task.Factory.StartNew(() => Load(plugin, manifest, generation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return new LoadResult(await load.WaitAsync(Patience, clock, cancellationToken), null);
        }
        catch (TimeoutException)
        {
            return Refuse($"The driver \"{manifest.Id}\" did not load within {Patience.TotalSeconds:0} s.", "Its factory must do no I/O and wait for nothing; restart the host after mending it.");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return Explain(manifest, e);
        }
    }

    private LoadedDriver Load(CachedPlugin plugin, DriverManifest manifest, int generation)
    {
        var path = Path.Combine(plugin.Folder, manifest.Assembly);
        var loader = PluginLoader.CreateFromAssemblyFile(path, config =>
        {
            config.IsLazyLoaded = true;
            config.IsUnloadable = false;
            config.EnableHotReload = false;
            config.PreferSharedTypes = false;
            foreach (var shared in ReferenceCheck.Shared)
            {
                config.SharedAssemblies.Add(new AssemblyName(shared.Key) { Version = shared.Value });
            }
        });
        var assembly = loader.LoadDefaultAssembly();
        DriverCode.Claim(assembly, new DriverBuild(new Connections.DriverId(manifest.Id), plugin.Sha256), defects);
        var attribute = assembly.GetCustomAttribute<SousDriverAttribute>() ?? throw new InvalidCastException($"{manifest.Assembly} sees another {SdkSurface.AssemblyName} than the host's.");
        var factory = (IDriverFactory)(Activator.CreateInstance(attribute.Factory) ?? throw new InvalidOperationException($"{attribute.Factory} cannot be made."));
        using var file = ManagedFile.TryOpen(path, out var reason) ?? throw new BadImageFormatException($"{manifest.Assembly} {reason}.");
        var types = DriverTypes.Find(assembly, file).Where(static t => t.IsClass && t.IsAssignableTo(typeof(IDriver))).Append(attribute.Factory).ToList();
        var capabilities = Abilities.Where(a => types.Exists(t => t.IsAssignableTo(a.Interface))).Select(a => a.Capability).ToHashSet();
        return new LoadedDriver(manifest, factory, generation, plugin.Sha256, capabilities)
        {
            AssemblyBytes = new DirectoryInfo(plugin.Folder).EnumerateFiles("*.dll", SearchOption.AllDirectories).Sum(static file => file.Length),
        };
    }

    /// <summary>Words only: a kept exception would keep the driver's load context alive.</summary>
    private static LoadResult Explain(DriverManifest manifest, Exception exception)
    {
        var cause = exception;
        while (cause is TargetInvocationException or TypeInitializationException && cause.InnerException is { } inner)
        {
            cause = inner;
        }

        var said = cause is ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } ? first.Message : cause.Message;
        var text = said.ReplaceLineEndings(" ");
        return Refuse(
            $"The driver \"{manifest.Id}\" threw {cause.GetType().Name} while it was loaded: {(text.Length > 300 ? text[..300] + "…" : text)}",
            "Install a version that loads, or tell its author.");
    }

    private static LoadResult Refuse(string reason, string remedy) => new(null, new Finding(reason, remedy));
}
