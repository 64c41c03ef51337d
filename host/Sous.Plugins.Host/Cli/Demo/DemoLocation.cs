namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>A location of the demo's restaurants and the platform's id that the demo gave it.</summary>
internal sealed record DemoLocation(string ExternalId, string OwnId, string Name, string TimeZone);
