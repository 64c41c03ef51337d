namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>A run to be carried out by another host.</summary>
/// <param name="Run">It has begun: its fencing number is drawn.</param>
/// <param name="Terms">What must be the same there.</param>
internal sealed record RunOrder(SyncRun Run, RunRequest Request, RunTerms Terms);
