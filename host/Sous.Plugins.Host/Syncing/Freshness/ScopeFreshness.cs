using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Freshness;

/// <summary>How fresh one scope is, and where it is not, why, who must act, and what happens next without anybody.</summary>
/// <param name="Location">The service's id of the location; absent where the stream is scoped by connection.</param>
/// <param name="OwnId">The platform's own id of it; absent where it is not mapped.</param>
/// <param name="Through">Up to when all that the service had is stored; absent before the first whole fetch.</param>
/// <param name="FreshUntil">When it is stale unless it is fetched before; absent where it is stale, and where its schedule asks for nothing.</param>
/// <param name="StaleSince">Absent where it is not stale.</param>
internal sealed record ScopeFreshness(
    string? Location, string? Name, string? OwnId, FreshnessState State, DateTimeOffset? Through, DateTimeOffset? FreshUntil, DateTimeOffset? StaleSince)
{
    /// <summary>What keeps it from being fresh; absent where it is.</summary>
    public Trouble? Trouble { get; init; }

    public string? Cause { get; init; }

    public Actor? Actor { get; init; }

    public NextStep? Next { get; init; }
}
