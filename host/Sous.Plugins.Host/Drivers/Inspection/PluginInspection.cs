using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Packages;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>What can be said of plugins without running their code, also while no host runs.</summary>
internal static class PluginInspection
{
    /// <summary>One folder, listed or not.</summary>
    public static InspectedPlugin Inspect(string folder)
    {
        var full = Path.GetFullPath(folder);
        try
        {
            var sha256 = FolderHash.Compute(full);
            var result = Preflight.Check(full);
            return new InspectedPlugin(result.Manifest?.Id ?? Path.GetFileName(full), full) { Manifest = result.Manifest, Conformance = result.Conformance, Sha256 = sha256, Findings = result.Findings };
        }
        catch (PluginFolderException e)
        {
            return new InspectedPlugin(Path.GetFileName(full), full) { Findings = [e.Finding] };
        }
    }

    /// <summary>Every entry of plugins.json, its pins included, and every folder without an entry.</summary>
    public static IReadOnlyList<InspectedPlugin> Verify(PluginsFile file)
    {
        var unlisted = FindUnlisted(file).Select(Inspect).ToList();
        var listed = file.Entries.Select(entry =>
        {
            var plugin = Inspect(Path.Combine(file.PluginsFolder, entry.Path));
            return plugin with
            {
                Id = entry.Id,
                Entry = entry,
                Newer = NewerPlugin.Find(entry.Id, plugin.Manifest?.Version, unlisted),
                Package = PackageOrigin.Find(file.PluginsFolder, entry.Id, plugin.Manifest),
                Findings = [.. PinCheck.Check(entry, file.RequirePins, plugin.Manifest, plugin.Sha256), .. plugin.Findings],
            };
        });
        return [.. listed, .. unlisted];
    }

    /// <summary>Folders that have no entry, in name order; those whose name begins with a dot are somebody's work under way.</summary>
    public static IEnumerable<string> FindUnlisted(PluginsFile file)
    {
        if (!Directory.Exists(file.PluginsFolder))
        {
            return [];
        }

        var listed = file.Entries.Select(e => Path.Combine(file.PluginsFolder, e.Path)).ToList();
        return Directory.EnumerateDirectories(file.PluginsFolder)
            .Where(f => !Path.GetFileName(f).StartsWith('.') && !listed.Any(l => l == f || l.StartsWith(f + "/", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)
            .ToList();
    }
}
