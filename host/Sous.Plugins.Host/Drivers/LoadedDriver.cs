using System.Text.Json;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers;

/// <summary>One generation of a driver, ready to make drivers of connections.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Factory">Its factory; a call to it is a call into the driver's code.</param>
/// <param name="Generation">Counted from 1 for each driver.</param>
/// <param name="Sha256">Hash of the bytes that were loaded.</param>
/// <param name="Capabilities">What the driver and its factory can do.</param>
internal sealed record LoadedDriver(
    DriverManifest Manifest,
    IDriverFactory Factory,
    int Generation,
    string Sha256,
    IReadOnlySet<DriverCapability> Capabilities)
{
    /// <summary>The entry's settings, which stand under a connection's own; an object, or null for none.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>Runs and calls that it may serve at once.</summary>
    public int MaxSessions { get; init; } = PluginLimits.DefaultSessions;

    /// <summary>Size of the assemblies in its folder.</summary>
    public long AssemblyBytes { get; init; }

    /// <summary>The conformance card that lay beside it, or null.</summary>
    public Inspection.DriverCard? Conformance { get; init; }

    /// <summary>Shared by all copies of this record.</summary>
    public GenerationUse Use { get; init; } = new();

    /// <summary>The manifest's id.</summary>
    public Connections.DriverId Id => new(Manifest.Id);

    public Defects.DriverBuild Build => new(Id, Sha256);
}
