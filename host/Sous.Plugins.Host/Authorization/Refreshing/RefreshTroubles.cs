using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>
/// Refreshes that fail for now, by connection. Kept in memory: an outage would otherwise write to the registry for each try of
/// each connection, and a restart finds out anew within a try.
/// </summary>
internal sealed class RefreshTroubles(TimeProvider clock)
{
    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));

    private readonly ConcurrentDictionary<ConnectionId, RefreshTrouble> _troubles = new();

    /// <returns>What stands in the way of that version, or null.</returns>
    public RefreshTrouble? Find(ConnectionId connection, long version)
        => _troubles.TryGetValue(connection, out var trouble) && trouble.Version == version ? trouble : null;

    /// <param name="retryAfter">What the service asked for, or null.</param>
    public RefreshTrouble Add(ConnectionId connection, long version, FailureKind kind, string cause, TimeSpan? retryAfter = null, bool mayBeSpent = false)
    {
        var now = clock.GetUtcNow();
        var earlier = Find(connection, version);
        var trouble = new RefreshTrouble(
            version,
            (earlier?.Tries ?? 0) + 1,
            earlier?.Since ?? now,
            now + s_backOff.After(earlier?.Tries ?? 0, retryAfter),
            kind,
            cause,
            mayBeSpent || earlier?.MayBeSpent == true);
        _troubles[connection] = trouble;
        return trouble;
    }

    public void Clear(ConnectionId connection) => _troubles.TryRemove(connection, out _);
}
