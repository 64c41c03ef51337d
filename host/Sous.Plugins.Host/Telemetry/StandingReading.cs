namespace Sous.Plugins.Host.Telemetry;

/// <summary>Counts for an instrument what stands in a store at that moment.</summary>
internal delegate Task StandingReading(CancellationToken cancellationToken);
