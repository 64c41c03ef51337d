using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers;

/// <summary>One line of the catalog: a plugin and what became of it.</summary>
/// <param name="Id">The driver's id; of an unlisted folder without a manifest, the folder's name.</param>
/// <param name="Path">The plugin's folder, below the plugins folder.</param>
/// <param name="State">What became of it.</param>
internal sealed record DriverRow(DriverId Id, string Path, DriverState State)
{
    /// <summary>Why it is not loaded or, where an earlier generation serves, why what lies in its folder now does not; else null.</summary>
    public string? Reason { get; init; }

    /// <summary>What to do about it, or null where there is nothing to do.</summary>
    public string? Remedy { get; init; }

    public DriverManifest? Manifest { get; init; }

    /// <summary>The conformance card beside it, or null where there is none that can be read.</summary>
    public DriverCard? Conformance { get; init; }

    /// <summary>A newer version of it that lies in the plugins folder without an entry; null where none does.</summary>
    public NewerPlugin? Newer { get; init; }

    /// <summary>The package that it came from, as far as anything tells.</summary>
    public string? Package { get; init; }

    public string? Version => Manifest?.Version;

    /// <summary>The folder's hash, or null where it was not read.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Which loaded copy serves, counted from 1 for each driver; null where none does.</summary>
    public int? Generation { get; init; }

    /// <summary>Every copy that was loaded since the host started, the newest first.</summary>
    public IReadOnlyList<LoadedDriver> Generations { get; init; } = [];

    /// <summary>What the driver can do; null while it is not loaded.</summary>
    public IReadOnlySet<DriverCapability>? Capabilities { get; init; }
}
