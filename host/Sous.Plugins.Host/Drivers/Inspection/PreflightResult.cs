using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>What a preflight found.</summary>
/// <param name="Manifest">The manifest, or null where it cannot be read.</param>
/// <param name="Conformance">The conformance card beside it, or null where there is none that can be read.</param>
/// <param name="Findings">What stands against loading; empty where nothing does.</param>
internal sealed record PreflightResult(DriverManifest? Manifest, DriverCard? Conformance, IReadOnlyList<Finding> Findings);
