using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Events;

/// <summary>
/// Tells of the orders and files that came into each tenant's change feed, as a reader of that feed: so it makes no difference
/// whether a webhook or the schedule brought them, and who reads the feed on being told finds them there. What was there before
/// the connection was made comes in bulk, and is told by the feed alone; so are records that are held back, and the catalogue.
/// </summary>
internal sealed partial class RecordNews : IHostedService, IAsyncDisposable
{
    private const int AtOnce = 4;
    private const int MostEntries = 1000;
    private const int MostIds = 100;

    private static readonly TimeSpan s_tryAgain = TimeSpan.FromMinutes(1);

    private readonly DueWork<TenantId> _work;
    private readonly IChangeStore _store;
    private readonly IRegistry _registry;
    private readonly EventLog _events;
    private readonly TimeProvider _clock;
    private readonly ILogger<RecordNews> _logger;

    public RecordNews(RunQueue queue, LocationDirectory locations, IChangeStore store, IRegistry registry, EventLog events, TimeProvider clock, ILogger<RecordNews> logger)
    {
        (_store, _registry, _events, _clock, _logger) = (store, registry, events, clock, logger);
        _work = new DueWork<TenantId>(clock, AtOnce, WorkAsync);
        queue.Ended += (active, _) =>
        {
            if (active.Run is { Inserted: > 0 } or { Updated: > 0 } or { Deleted: > 0 } && active.Request.Key.Stream != StreamName.Catalog)
            {
                _work.Set(active.Request.Tenant, clock.GetUtcNow());
            }
        };
        locations.Mapped += tenant => _work.Set(tenant, clock.GetUtcNow());
    }

    /// <summary>What came just before the host was killed is told now.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in (await _registry.ListAsync(Connection.Collection, "", cancellationToken)).Select(static connection => connection.Tenant).Distinct())
        {
            _work.Set(tenant, _clock.GetUtcNow());
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work.DisposeAsync();

    private async Task<DateTimeOffset?> WorkAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        try
        {
            var told = (await _registry.FindAsync(ToldRecords.Collection, tenant.Value, cancellationToken))?.UpTo ?? 0;
            await TellAsync(tenant, told, cancellationToken);
            return null;
        }
        catch (FeedResetException e)
        {
            // What compaction took away had a newer version, which is still to come.
            await _registry.WriteAsync(transaction => transaction.Put(ToldRecords.Collection, new ToldRecords(tenant, e.Oldest)), cancellationToken);
            return _clock.GetUtcNow();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, tenant, e);
            return _clock.GetUtcNow() + s_tryAgain;
        }
    }

    private async Task TellAsync(TenantId tenant, long told, CancellationToken cancellationToken)
    {
        for (var read = told; ;)
        {
            var page = await _store.ReadChangesAsync(new FeedQuery(tenant, read, null, null, MostEntries), cancellationToken);
            var news = await ComposeAsync(tenant, page.Changes, cancellationToken);
            read = page.Next;

            // A backfill has pages and pages of which nothing is told: the place among them is not worth a write.
            if (read != told && (news.Count > 0 || !page.More))
            {
                await _events.WriteAsync(
                    transaction =>
                    {
                        news.ForEach(one => EventLog.Append(transaction, one));
                        transaction.Put(ToldRecords.Collection, new ToldRecords(tenant, read));
                    },
                    cancellationToken);
                told = read;
            }

            if (!page.More)
            {
                return;
            }
        }
    }

    /// <returns>By connection and location, new orders first and deleted ones last; each order once.</returns>
    private async Task<List<PlatformEvent>> ComposeAsync(TenantId tenant, IReadOnlyList<FeedEntry> entries, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var news = new List<PlatformEvent>();
        foreach (var place in entries.Where(static entry => entry.Stream != StreamName.Catalog).GroupBy(static entry => (entry.Connection, entry.Stream, entry.Location)))
        {
            if (await _registry.FindAsync(Connection.Collection, place.Key.Connection.Value, cancellationToken) is not { IsGone: false } connection)
            {
                continue;
            }

            var kinds = place.Key.Stream == StreamName.Files ? FilesOf(place, connection.CreatedAt) : OrdersOf(place, connection.CreatedAt);
            news.AddRange(kinds.SelectMany(kind => kind.Ids.Chunk(MostIds).Select(ids => new PlatformEvent
            {
                Type = kind.Type,
                Tenant = tenant,
                At = now,
                Connection = connection.Id,
                Driver = connection.Driver,
                Location = place.Key.Location,
                Records = ids,
            })));
        }

        return news;
    }

    private static (string Type, List<string> Ids)[] OrdersOf(IEnumerable<FeedEntry> entries, DateTimeOffset since)
    {
        var orders = entries.GroupBy(static entry => entry.Id).ToLookup(order => order.Last().Kind == ChangeKind.Delete ? "order.deleted"
            : order.Any(entry => IsNew(entry, since)) ? "order.created"
            : order.Last().Version > 1 ? "order.updated"
            : "");
        return [.. ((string[])["order.created", "order.updated", "order.deleted"]).Select(type => (type, orders[type].Select(static order => order.Key).ToList()))];
    }

    private static bool IsNew(FeedEntry entry, DateTimeOffset since)
        => entry is { Kind: ChangeKind.Upsert, Version: 1 } && JsonSerializer.Deserialize(entry.Body.Span, EventsJson.Default.OpenedOrder)?.OpenedAt >= since;

    private static (string Type, List<string> Ids)[] FilesOf(IEnumerable<FeedEntry> entries, DateTimeOffset since) =>
    [
        ("file.changed", [.. entries
            .Where(entry => entry.Version > 1 || entry.Kind == ChangeKind.Delete || JsonSerializer.Deserialize(entry.Body.Span, EventsJson.Default.ModifiedFile)?.ModifiedAt >= since)
            .Select(static entry => entry.Id).Distinct()]),
    ];

    /// <summary>Of a sale's body, what tells when it was opened.</summary>
    internal sealed record OpenedOrder(DateTimeOffset OpenedAt);

    /// <summary>Of a file's body, what tells when it last changed.</summary>
    internal sealed record ModifiedFile(DateTimeOffset ModifiedAt);

    private static partial class Log
    {
        [LoggerMessage(EventId = 3200, Level = LogLevel.Error, Message = "The events of {Tenant}'s records could not be told; they are tried again.")]
        public static partial void Failed(ILogger logger, TenantId tenant, Exception exception);
    }
}
