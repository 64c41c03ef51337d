using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// Tells the platform of orders, once the run that fetched them is done: who reads the feed on being told finds them there. Orders
/// of a location that is not mapped are not in the feed, and nothing is told of them.
/// </summary>
internal sealed class OrderNews(IRegistry registry, EventLog events, TimeProvider clock)
{
    private const int MostIds = 100;

    /// <param name="fetched">All events of the connection's sales that were fetched together, in their order; not empty.</param>
    public async Task TellAsync(Connection connection, IReadOnlyList<InboxEntry> fetched, CancellationToken cancellationToken)
    {
        var locations = await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id), cancellationToken);
        var owned = locations.Where(static location => location.OwnId is not null).ToDictionary(static location => location.Location.Ref.Id, static location => location.OwnId);
        var now = clock.GetUtcNow();
        await events.WriteAsync(
            transaction =>
            {
                var upTo = transaction.Find(ToldOrders.Collection, connection.Id.Value)?.UpTo ?? 0;
                var untold = fetched.Where(entry => entry.No > upTo && entry.LocationId is { } place && owned.ContainsKey(place)).ToList();
                foreach (var told in Compose(connection, untold, owned, now))
                {
                    EventLog.Append(transaction, told);
                }

                if (fetched[^1].No > upTo)
                {
                    transaction.Put(ToldOrders.Collection, new ToldOrders(connection.Id, fetched[^1].No));
                }
            },
            cancellationToken);
    }

    /// <summary>By location, new ones first; an order that is new is not told as changed beside it.</summary>
    private static IEnumerable<PlatformEvent> Compose(Connection connection, List<InboxEntry> entries, Dictionary<string, string?> owned, DateTimeOffset now)
    {
        foreach (var place in entries.GroupBy(static entry => entry.LocationId ?? "", StringComparer.Ordinal))
        {
            var created = IdsOf(place, ServiceEventKind.OrderCreated);
            foreach (var (type, ids) in ((string, string[])[])[("order.created", created), ("order.updated", [.. IdsOf(place, ServiceEventKind.OrderUpdated).Except(created)])])
            {
                foreach (var some in ids.Chunk(MostIds))
                {
                    yield return new PlatformEvent
                    {
                        Type = type,
                        Tenant = connection.Tenant,
                        At = now,
                        Connection = connection.Id,
                        Driver = connection.Driver,
                        Location = owned[place.Key],
                        Records = some,
                    };
                }
            }
        }
    }

    private static string[] IdsOf(IEnumerable<InboxEntry> entries, ServiceEventKind kind)
        => [.. entries.Where(entry => entry.Kind == kind).SelectMany(static entry => entry.RecordIds).Distinct(StringComparer.Ordinal)];
}
