using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Days;

/// <summary>Business days in figures: what is stored, added up when asked for.</summary>
internal sealed class DayBook(IChangeStore store, IRegistry registry)
{
    /// <summary>By connection, location and day; a day without sales, payments and refunds is left out. Held sales count.</summary>
    /// <param name="query">Days, inclusive, of all of the tenant's locations or of one; as known now or then.</param>
    public async Task<IReadOnlyList<DayFigures>> ReadAsync(SalesQuery query, CancellationToken cancellationToken)
    {
        // Before the store is asked: what reads the sales holds a connection of the database, and must not wait for another.
        var locations = (await registry.ListAsync(MappedLocation.Collection, query.Connection is { } only ? MappedLocation.PrefixOf(only) : "", cancellationToken))
            .ToDictionary(static location => (location.Connection, location.Location.Ref.Id));
        var tallies = new Dictionary<(ConnectionId Connection, string Location), (DayTally Tally, Func<DateOnly, DateTimeOffset?> EndOf)>();
        await foreach (var entry in store.ReadSalesAsync(query with { Match = DayMatch.Touched }, cancellationToken))
        {
            if (JsonSerializer.Deserialize(entry.Body.Span, CanonicalJson.Default.Sale) is not { } sale)
            {
                continue;
            }

            var key = (entry.Connection, sale.LocationId);
            if (!tallies.TryGetValue(key, out var place))
            {
                var mapped = locations.GetValueOrDefault(key);
                place = (new DayTally(key.Connection, key.LocationId, mapped?.OwnId, query.From, query.To), day => EndOf(mapped?.Effective, day));
                tallies.Add(key, place);
            }

            place.Tally.Add(sale, entry.Version > 1 ? entry.ChangedAt : null, place.EndOf);
        }

        return
        [
            .. tallies.OrderBy(static pair => pair.Key.Connection.Value, StringComparer.Ordinal)
                .ThenBy(static pair => pair.Key.Location, StringComparer.Ordinal)
                .SelectMany(static pair => pair.Value.Tally.Figures),
        ];
    }

    private static DateTimeOffset? EndOf(Location? location, DateOnly day) =>
        location is not null && TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone)
            ? BusinessDay.RangeOf(day, zone, location.BusinessDayStart ?? TimeSpan.Zero).To
            : null;
}
