using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using System.Security.Cryptography;
using McMaster.NETCore.Plugins;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Benchmarks.Loading;

/// <summary>Loads drivers in one way, once, since nothing that was loaded before may help.</summary>
internal static class LoadedOnce
{
    public const string Bare = "bare load context";
    public const string McMaster = "McMaster, lazy";
    public const string Copied = "McMaster on a hashed copy";
    public const string Ours = "ours, hash to factory";

    /// <param name="root">Where plugins.json and the drivers' folders are.</param>
    public static async Task<Loaded> RunAsync(string way, string root)
    {
        var folders = Directory.GetDirectories(Path.Combine(root, "plugins")).Order(StringComparer.Ordinal).ToList();
        using var process = Process.GetCurrentProcess();
        var (memory, processor, started) = (PrivateKilobytes(), process.TotalProcessorTime, Stopwatch.GetTimestamp());
        object kept = way switch
        {
            Bare => folders.ConvertAll(static folder => MakeFactory(new BareContext(PathOf(folder)).LoadFromAssemblyPath(PathOf(folder)))),
            McMaster => folders.ConvertAll(static folder => MakeFactory(Lazy(PathOf(folder)).LoadDefaultAssembly())),
            Copied => folders.ConvertAll(folder => MakeFactory(Lazy(PathOf(Copy(folder, Path.Combine(root, "data", Path.GetFileName(folder))))).LoadDefaultAssembly())),
            _ => await LoadAsync(root, folders.Count),
        };
        var elapsed = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        var loaded = new Loaded(elapsed, process.TotalProcessorTime - processor, PrivateKilobytes() - memory);
        GC.KeepAlive(kept);
        return loaded;
    }

    private static async Task<DriverCatalog> LoadAsync(string root, int count)
    {
        var options = Options.Create(new DriversOptions { Plugins = Path.Combine(root, "plugins.json"), Data = Path.Combine(root, "data") });
        var defects = new DriverDefects(Options.Create(new DefectsOptions()), TimeProvider.System, NullLogger<DriverDefects>.Instance);
        var catalog = new DriverCatalog(
            options, new DriverCache(options), new DriverLoader(defects, TimeProvider.System), static (_, _) => Task.FromResult<Finding?>(null), defects, TimeProvider.System, NullLogger<DriverCatalog>.Instance);
        await catalog.LoadAsync(CancellationToken.None);
        return catalog.Loaded.Count() == count ? catalog : throw new InvalidOperationException($"Not all {count} drivers were loaded: {string.Join(' ', catalog.Rows.Select(static row => row.Reason))}");
    }

    private static IDriverFactory MakeFactory(Assembly assembly) => assembly.GetCustomAttribute<SousDriverAttribute>()?.Factory is { } factory
        ? (IDriverFactory)(Activator.CreateInstance(factory) ?? throw new InvalidOperationException($"{factory} cannot be made."))
        : throw new InvalidOperationException($"{assembly} is no driver.");

    private static PluginLoader Lazy(string path) => PluginLoader.CreateFromAssemblyFile(path, static config =>
    {
        config.IsLazyLoaded = true;
        foreach (var shared in ReferenceCheck.Shared)
        {
            config.SharedAssemblies.Add(new AssemblyName(shared.Key) { Version = shared.Value });
        }
    });

    /// <summary>The least that can be done to load the bytes that were hashed: each file read, hashed and written once.</summary>
    private static string Copy(string folder, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(folder))
        {
            var bytes = File.ReadAllBytes(file);
            SHA256.HashData(bytes);
            File.WriteAllBytes(Path.Combine(target, Path.GetFileName(file)), bytes);
        }

        return target;
    }

    private static string PathOf(string folder) => Path.Combine(folder, "Sous.Plugins.Square.dll");

    private static long PrivateKilobytes() => File.ReadLines("/proc/self/status")
        .Where(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private sealed class BareContext(string path) : AssemblyLoadContext(path)
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) => _resolver.ResolveAssemblyToPath(assemblyName) is { } own ? LoadFromAssemblyPath(own) : null;
    }
}
