namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>One of the demo's connections.</summary>
/// <param name="Service">The driver's id.</param>
/// <param name="Path">Its path in the API.</param>
internal sealed record DemoConnection(string Service, string Id, string Path, IReadOnlyList<DemoLocation> Locations);
