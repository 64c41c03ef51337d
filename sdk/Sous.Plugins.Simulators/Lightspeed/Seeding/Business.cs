namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>A business with locations of one currency.</summary>
internal sealed record Business(long Id, string Name, string Currency);
