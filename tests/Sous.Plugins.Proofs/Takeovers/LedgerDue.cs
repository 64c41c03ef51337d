namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>An instant at which a connection was due.</summary>
/// <param name="Wait">Until a run began that completed; null where none did.</param>
/// <param name="IsMadeUpFor">The run is that of the due instant before, too.</param>
internal readonly record struct LedgerDue(string Connection, DateTimeOffset Due, TimeSpan? Wait, bool IsMadeUpFor);
