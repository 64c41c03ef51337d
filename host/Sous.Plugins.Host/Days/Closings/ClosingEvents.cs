using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Locations;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>What the platform is told of a closed day.</summary>
internal static class ClosingEvents
{
    /// <summary>What a step told: from where the day stood to where it stands.</summary>
    public static IReadOnlyList<PlatformEvent> Between(Connection connection, MappedLocation place, Closing before, Closing after, DateTimeOffset now)
    {
        var (was, state) = (before.State, after.State);
        // What was tied out before its figures changed says nothing of them.
        var tie = state.TieOut != was.TieOut ? state.TieOut : null;
        var told = new List<PlatformEvent>();
        if (was.ClosedAt is null && state.ClosedAt is not null)
        {
            told.Add(Of("day.closed"));
        }

        if (was.Sums is { } sums && state.Sums is { } later && sums.ChangesTo(later) is { Count: > 0 } changes)
        {
            told.Add(Of("day.restated") with { Changes = changes });
        }

        if (was.TieOut is { Ties: false } && state.TieOut is { Ties: true })
        {
            told.Add(Of("day.tied"));
        }

        if ((was.TieOut is { Ties: true } && tie is { Differs: true }) || (state.GivenUp && !was.GivenUp))
        {
            told.Add(Of("day.not_tied") with
            {
                Actor = state.GivenUp ? Actor.Operator : null,
                Cause = state.GivenUp
                    ? $"The day differs from what {connection.Driver} tells ({state.TieOut?.Source}), and syncing it again did not help: look at what the service has of it."
                    : "The day tied out and now differs: it is synced again.",
            });
        }

        return told;

        PlatformEvent Of(string type) => new()
        {
            Type = type,
            Tenant = connection.Tenant,
            At = now,
            Connection = connection.Id,
            Driver = connection.Driver,
            Location = place.OwnId,
            ExternalId = before.Key.Location,
            Day = before.Key.Day,
            Ties = tie?.Ties,
            Differences = tie is { Differs: true } ? [.. tie.Figures.Where(static figure => !figure.Ties)] : null,
        };
    }
}
