using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>A plugin as it lies on disk.</summary>
/// <param name="Id">The entry's id, else the manifest's, else the folder's name.</param>
/// <param name="Folder">Absolute path.</param>
internal sealed record InspectedPlugin(string Id, string Folder)
{
    /// <summary>Its entry in plugins.json, or null where it has none.</summary>
    public PluginEntry? Entry { get; init; }

    /// <summary>The manifest, or null where it cannot be read.</summary>
    public DriverManifest? Manifest { get; init; }

    /// <summary>The folder's hash, or null where it cannot be read.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The conformance card that lies in it, or null where there is none that can be read.</summary>
    public DriverCard? Conformance { get; init; }

    /// <summary>A newer version of it that lies in the plugins folder without an entry; null where none does.</summary>
    public NewerPlugin? Newer { get; init; }

    /// <summary>The package that it came from, as far as anything tells.</summary>
    public string? Package { get; init; }

    /// <summary>What stands against loading it.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
}
