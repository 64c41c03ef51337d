using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>What is to be done with the days of a connection's locations, and when.</summary>
/// <param name="Unopened">Days that have settled and are to be opened.</param>
/// <param name="Open">Days that something is to be done with, now or later, oldest first.</param>
/// <param name="Lost">Days that were opened, could not be closed, and are too far back by now.</param>
/// <param name="NextSettled">When the next day of any location has settled, or null where it has none.</param>
internal sealed record ClosingAgenda(
    IReadOnlyDictionary<string, ClosingPlace> Places,
    IReadOnlyList<(ClosingKey Key, DateTimeOffset Due)> Unopened,
    IReadOnlyList<Closing> Open,
    IReadOnlyList<Closing> Lost,
    DateTimeOffset? NextSettled)
{
    public static async Task<ClosingAgenda> ReadAsync(
        Connection connection, IRegistry registry, IClosings closings, DaysOptions options, TimeSpan afterClosing, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var places = (await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id), cancellationToken))
            .Where(mapped => mapped.Location.Active || (mapped.ClosedAt ?? mapped.DiscoveredAt) + afterClosing > now)
            .Select(mapped => ClosingPlace.Of(mapped, options.Settling))
            .OfType<ClosingPlace>()
            .ToDictionary(static place => place.Id, StringComparer.Ordinal);
        var unopened = new List<(ClosingKey, DateTimeOffset)>();
        DateTimeOffset? next = null;
        foreach (var place in places.Values)
        {
            var unsettled = place.UnsettledAt(now);
            var first = unsettled.AddDays(-options.LookBack);
            if (await closings.FindLastAsync(connection.Id, place.Id, cancellationToken) is { } last && last >= first)
            {
                first = last.AddDays(1);
            }

            for (var day = first; day < unsettled; day = day.AddDays(1))
            {
                unopened.Add((new ClosingKey(connection.Id, place.Id, day), place.SettledAt(day)));
            }

            next = place.SettledAt(unsettled) is var at && at < next ? at : next ?? at;
        }

        var open = await closings.ListOpenAsync(connection.Id, cancellationToken);
        var lost = open.Where(closing => closing.State.ClosedAt is null
            && (!places.TryGetValue(closing.Key.Location, out var place) || closing.Key.Day < place.UnsettledAt(now).AddDays(-options.LookBack))).ToList();
        return new ClosingAgenda(places, unopened, [.. open.Except(lost).Where(closing => places.ContainsKey(closing.Key.Location))], lost, next);
    }
}
