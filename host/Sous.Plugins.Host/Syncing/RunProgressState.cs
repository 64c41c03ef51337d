namespace Sous.Plugins.Host.Syncing;

/// <summary>All that a <see cref="RunProgress"/> knows at one moment.</summary>
internal sealed record RunProgressState(int Windows, int WindowsDone, int WindowsBefore, DateTimeOffset? LastAt, IReadOnlyList<ScopeProgress> Scopes);
