using NuGet.Versioning;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>A version that is higher than the one a plugin's entry names.</summary>
/// <param name="Version">That version.</param>
/// <param name="Folder">Where it lies, below the plugins folder.</param>
internal sealed record NewerPlugin(string Version, string Folder)
{
    /// <summary>The newest that could be loaded among folders without an entry, or null where none is newer.</summary>
    /// <param name="driver">The driver's id.</param>
    /// <param name="version">The version that its entry names the folder of.</param>
    /// <param name="unlisted">The folders without an entry.</param>
    public static NewerPlugin? Find(string driver, string? version, IEnumerable<InspectedPlugin> unlisted) => unlisted
        .Where(plugin => plugin.Id == driver && plugin.Findings.Count == 0)
        .Select(static plugin => new NewerPlugin(plugin.Manifest?.Version ?? "", Path.GetFileName(plugin.Folder)))
        .Where(newer => IsNewer(newer.Version, version))
        .MaxBy(static newer => NuGetVersion.Parse(newer.Version));

    /// <summary>Whether one version is higher than another; what is no version is neither.</summary>
    public static bool IsNewer(string? version, string? than) => NuGetVersion.TryParse(version, out var one) && NuGetVersion.TryParse(than, out var other) && one > other;
}
