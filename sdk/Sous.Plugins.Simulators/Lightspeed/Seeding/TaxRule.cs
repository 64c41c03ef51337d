namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>One tax of a location. The rate is in millionths.</summary>
internal sealed record TaxRule(long Id, string Code, string Name, long Millionths);
