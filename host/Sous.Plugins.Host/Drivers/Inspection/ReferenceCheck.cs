using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>
/// Judges what a driver's code will look for when it runs. The loader would fall back to the host's copy of a missing
/// dependency, and to a second copy of a newer shared one, both without a word; so both are found here.
/// </summary>
internal static class ReferenceCheck
{
    private const string Rebuild = "Copy the driver's whole build output there.";

    private static readonly string[] RuntimeConfigurations = [".runtimeconfig.json", ".runtimeconfig.dev.json"];

    /// <summary>The assemblies that host and drivers share: all others are each driver's own.</summary>
    public static IReadOnlyDictionary<string, Version> Shared { get; } = new[] { typeof(IDriver).Assembly, typeof(ILogger).Assembly }
        .Select(a => a.GetName())
        .ToDictionary(n => n.Name ?? "", n => n.Version ?? new Version(), StringComparer.OrdinalIgnoreCase);

    public static void Check(string folder, ManagedFile main, List<Finding> findings)
    {
        var files = Directory.EnumerateFiles(folder, "*.dll", SearchOption.AllDirectories)
            .ToLookup(f => Path.GetFileNameWithoutExtension(f), StringComparer.OrdinalIgnoreCase);
        if (files.Contains(SdkSurface.AssemblyName))
        {
            findings.Add(new($"The folder carries its own {SdkSurface.AssemblyName}.dll, which would split the contract's types.", $"Delete it, and reference the SDK with Private=\"false\" and ExcludeAssets=\"runtime\"."));
        }

        var name = Path.GetFileName(main.Path);
        var web = UsesAspNetCore(main.Path);
        foreach (var (reference, version) in main.References)
        {
            CheckReference(reference, version, name, files[reference].FirstOrDefault(), web, findings);
        }

        CheckSharedUse(main, findings);
        foreach (var path in files.SelectMany(f => f).Where(p => p != main.Path))
        {
            using var file = ManagedFile.TryOpen(path, out _);
            if (file is not null)
            {
                CheckSharedUse(file, findings);
            }
        }

        CheckDependencyList(folder, main.Path, findings);
        CheckProbing(main.Path, findings);
    }

    private static void CheckReference(string reference, Version version, string name, string? own, bool web, List<Finding> findings)
    {
        if (Shared.ContainsKey(reference))
        {
            return;
        }

        if (own is not null)
        {
            using var file = ManagedFile.TryOpen(own, out var reason);
            if (file is null)
            {
                findings.Add(new($"{Path.GetFileName(own)}, which {name} needs, {reason}.", Rebuild));
            }
            else if (file.Version < version)
            {
                findings.Add(new($"{name} needs {reference} {version}, but the folder holds {file.Version}.", Rebuild));
            }
        }
        else if (!IsIn(typeof(object), reference) && !(web && IsIn(typeof(WebApplication), reference)))
        {
            findings.Add(new($"{reference} {version}, which {name} needs, is not in the folder.", Rebuild));
        }
    }

    /// <summary>Whether an assembly of the plugin asks for more of what is shared than this host has.</summary>
    private static void CheckSharedUse(ManagedFile file, List<Finding> findings)
    {
        var name = Path.GetFileName(file.Path);
        var newer = file.References.Where(r => Shared.TryGetValue(r.Name, out var own) && r.Version > own).ToList();
        findings.AddRange(newer.Select(r => new Finding(
            $"{name} was built against {r.Name} {r.Version}, which is newer than this host's {Shared[r.Name]}.",
            "Update the host, or build the driver against the older one.")));
        if (file.References.Any(r => r.Name == SdkSurface.AssemblyName))
        {
            findings.AddRange(SdkSurface.Current.FindMissing(file).Select(m => new Finding(
                $"{name} uses {m}, which this host's SDK does not have.",
                "Update the host, or build the driver against this host's SDK.")));
        }
    }

    /// <summary>Everything that the build's own list names must be there; what it names reaches further than the driver's references.</summary>
    private static void CheckDependencyList(string folder, string main, List<Finding> findings)
    {
        var path = Path.ChangeExtension(main, ".deps.json");
        if (!File.Exists(path))
        {
            return;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var target = document.RootElement.GetProperty("runtimeTarget").GetProperty("name").GetString() ?? "";
        foreach (var library in document.RootElement.GetProperty("targets").GetProperty(target).EnumerateObject())
        {
            foreach (var asset in AssetsOf(library.Value))
            {
                if (Shared.ContainsKey(Path.GetFileNameWithoutExtension(asset)))
                {
                    continue;
                }

                if (asset.Split('/', '\\').Contains("..") || Path.IsPathRooted(asset))
                {
                    findings.Add(new($"{Path.GetFileName(path)} names {asset}, outside the folder.", Rebuild));
                }
                else if (!File.Exists(Path.Combine(folder, asset)) && !File.Exists(Path.Combine(folder, Path.GetFileName(asset))))
                {
                    findings.Add(new($"{Path.GetFileName(asset)} of {library.Name}, which the driver needs, is not in the folder.", Rebuild));
                }
            }
        }
    }

    private static List<string> AssetsOf(JsonElement library)
    {
        var assets = new List<string>();
        if (library.TryGetProperty("runtime", out var runtime))
        {
            foreach (var asset in runtime.EnumerateObject())
            {
                assets.Add(asset.Name);
            }
        }

        return assets;
    }

    /// <summary>Further folders to look into are bytes that no hash covers.</summary>
    private static void CheckProbing(string main, List<Finding> findings)
    {
        foreach (var path in RuntimeConfigurations.Select(e => Path.ChangeExtension(main, e)).Where(File.Exists))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.TryGetProperty("runtimeOptions", out var options) && options.TryGetProperty("additionalProbingPaths", out _))
            {
                findings.Add(new($"{Path.GetFileName(path)} has assemblies looked for outside the folder.", "Take additionalProbingPaths out of it."));
            }
        }
    }

    private static bool UsesAspNetCore(string main)
    {
        var path = Path.ChangeExtension(main, ".runtimeconfig.json");
        return File.Exists(path) && File.ReadAllText(path).Contains("\"Microsoft.AspNetCore.App\"", StringComparison.Ordinal);
    }

    private static bool IsIn(Type framework, string assembly)
        => File.Exists(Path.Combine(Path.GetDirectoryName(framework.Assembly.Location) ?? "", $"{assembly}.dll"));
}
