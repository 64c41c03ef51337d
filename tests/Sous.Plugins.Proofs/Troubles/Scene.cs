namespace Sous.Plugins.Proofs.Troubles;

/// <summary>What a sequence has a host do.</summary>
/// <param name="Gate">Stands before the service that goes wrong.</param>
/// <param name="Connection">The connection to it.</param>
/// <param name="Calm">The connection whose service is well: its runs never wait for the clock.</param>
/// <param name="CalmStreams">What that syncs, each hour.</param>
internal sealed record Scene(TroubleGate Gate, TroubledService Service, string Connection, string Calm, IReadOnlyList<string> CalmStreams);
