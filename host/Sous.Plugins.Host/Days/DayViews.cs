using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Days;

/// <summary>Business days in figures, with what is kept of those that were closed.</summary>
internal sealed class DayViews(DayBook book, IClosings closings, IRegistry registry)
{
    /// <summary>By connection, location, day and currency. A closed day is among them also where nothing was sold on it.</summary>
    /// <param name="query">Days, inclusive, of all of the tenant's locations; as known now or then, what was closed or tied out later left away.</param>
    public async Task<IReadOnlyList<DayFigures>> ReadAsync(SalesQuery query, CancellationToken cancellationToken)
    {
        var figures = await book.ReadAsync(query, cancellationToken);
        var kept = (await closings.ListAsync(query.Tenant, query.From, query.To, cancellationToken))
            .Where(closing => closing.State.ClosedAt is { } at && !(at > query.AsOf)).ToDictionary(static closing => closing.Key);
        var days = new List<DayFigures>();
        foreach (var day in figures)
        {
            var place = await FindAsync(day.Connection, day.ExternalLocation, cancellationToken);
            var named = day with { Name = place?.Location.Name };
            // One of another currency than the location's is not what was closed.
            var key = new ClosingKey(day.Connection, day.ExternalLocation, day.Day);
            days.Add(day.Net.Currency == place?.Location.Currency && kept.Remove(key, out var closing) ? View(named, closing, query.AsOf) : named);
        }

        foreach (var (key, closing) in kept)
        {
            if (await FindAsync(key.Connection, key.Location, cancellationToken) is { } place)
            {
                var empty = DayFigures.Empty(key.Connection, key.Location, key.Day, place.Location.Currency) with { Location = place.OwnId, Name = place.Location.Name };
                days.Add(View(empty, closing, query.AsOf));
            }
        }

        return
        [
            .. days.OrderBy(static day => day.Connection.Value, StringComparer.Ordinal).ThenBy(static day => day.ExternalLocation, StringComparer.Ordinal)
                .ThenBy(static day => day.Day).ThenBy(static day => day.Net.Currency, StringComparer.Ordinal),
        ];
    }

    private ValueTask<MappedLocation?> FindAsync(ConnectionId connection, string location, CancellationToken cancellationToken)
        => registry.FindAsync(MappedLocation.Collection, MappedLocation.KeyOf(connection, location), cancellationToken);

    private static DayFigures View(DayFigures day, Closing closing, DateTimeOffset? asOf)
    {
        var state = closing.State;
        var asClosed = state.AsClosed is { } sums && sums != DaySums.Of(day) ? sums : null;
        var restatedAt = state.RestatedAt > asOf ? null : state.RestatedAt;
        return day with
        {
            ClosedAt = state.ClosedAt,
            AsClosed = asClosed,
            Restated = restatedAt is not null || asClosed is not null,
            RestatedAt = restatedAt,
            TieOut = closing.TieOut is { } tie && !(tie.At > asOf) ? asOf is null ? tie : tie with { NextAttempt = null } : null,
        };
    }
}
