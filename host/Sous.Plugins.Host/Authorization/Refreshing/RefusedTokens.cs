using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>
/// Tokens that were renewed because the API refused the one before. Where new ones are refused as well, another would be too:
/// after a few the next is asked for only after a wait that doubles, so that a service which refuses good tokens costs a
/// refresh now and then, and not one with each request.
/// </summary>
internal sealed class RefusedTokens(TimeProvider clock)
{
    /// <summary>Renewals in a row, each refused before it was of an age, that cost no wait yet.</summary>
    private const int Free = 3;

    // A token that lived so long was good, and died.
    private static readonly TimeSpan s_ofAge = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_first = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<ConnectionId, Renewal> _renewals = new();

    /// <summary>Whether a token of that version that the API just refused is worth a refresh.</summary>
    public bool IsWorthRefresh(ConnectionId connection, long version)
    {
        if (Find(connection, version) is not { } renewal || Age(renewal) >= Wait(renewal.Strikes))
        {
            return true;
        }

        _renewals[connection] = renewal with { WasDenied = true };
        return false;
    }

    /// <summary>A refused token of one version was renewed to the next.</summary>
    public void Renewed(ConnectionId connection, long refused, long renewed)
    {
        var strikes = Find(connection, refused) is { } before && (before.WasDenied || Age(before) < s_ofAge) ? before.Strikes + 1 : 0;
        _renewals[connection] = new Renewal(renewed, clock.GetUtcNow(), strikes, false);
    }

    /// <summary>A refused token had been renewed to that version already, by its schedule or for another call.</summary>
    public void Replaced(ConnectionId connection, long version)
    {
        if (Find(connection, version) is null)
        {
            _renewals[connection] = new Renewal(version, clock.GetUtcNow(), 0, false);
        }
    }

    /// <summary>Whether that version was given by the service a moment ago, in place of one that its API refused.</summary>
    public bool IsFresh(ConnectionId connection, long version)
        => Find(connection, version) is { } renewal && (Age(renewal) < s_ofAge || Age(renewal) < Wait(renewal.Strikes));

    private static TimeSpan Wait(int strikes)
    {
        var doubled = strikes < Free ? TimeSpan.Zero : s_first * Math.Pow(2, Math.Min(strikes - Free, 10));
        return doubled < s_longest ? doubled : s_longest;
    }

    private TimeSpan Age(Renewal renewal) => clock.GetUtcNow() - renewal.At;

    private Renewal? Find(ConnectionId connection, long version)
        => _renewals.TryGetValue(connection, out var renewal) && renewal.Version == version ? renewal : null;

    private sealed record Renewal(long Version, DateTimeOffset At, int Strikes, bool WasDenied);
}
