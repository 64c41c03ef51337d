using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cluster;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Helping;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Benchmarks.Scheduling;

/// <summary>Scheduler, queue, runner and both stores as the host has them, on a folder of connections of two syncs each, under a driver that has nothing to tell.</summary>
internal sealed class OurRooms : IAsyncDisposable
{
    private static readonly EphemeralDataProtectionProvider s_protection = new();
    private readonly Func<ValueTask> _close;

    private OurRooms(Stores stores, int places, Func<ValueTask> called)
    {
        var clock = TimeProvider.System;
        (Registry, Store, _close) = (stores.Registry, stores.Changes, stores.Close);
        var options = Options.Create(new SyncingOptions { MaxJitter = TimeSpan.Zero, MaxConcurrentRuns = places, MaxRunsPerService = places });
        var defects = new DriverDefects(Options.Create(new DefectsOptions()), clock, NullLogger<DriverDefects>.Instance);
        var loaded = new NoOpDriver(called).Loaded;
        var access = new DriverAccess(static id => id.Value == NoOpDriver.Id ? NoOpDriver.Manifest : null, (_, _, _) => ValueTask.FromResult(Open(loaded)));
        var health = new ConnectionHealth(new ConnectionStore(Registry, new EventLog(Registry), new RefusedTokens(clock), clock, NullLogger<ConnectionStore>.Instance), Store, access, defects, options, clock);
        var encoder = new RecordEncoder(new RawProtector(new TenantKeys(Registry, s_protection, clock)));
        var brake = new DeleteBrake(stores.Listings, options, clock, NullLogger<DeleteBrake>.Instance);
        var scopes = new ScopeSync(Store, encoder, options, clock, NullLogger<ScopeSync>.Instance);
        var gaps = new GapGuard(stores.Gaps, stores.Closings, scopes, clock, NullLogger<GapGuard>.Instance);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var ends = new RunEnds(Store, clock, NullLogger<RunEnds>.Instance);
        var runner = new SyncRunner(
            Store,
            new RunExecutor(access, new RunPlanner(Registry, stores.Backfills, options, clock), scopes, brake, gaps, new BackfillSync(stores.Backfills, scopes, Registry, clock), options, clock, NullLogger<RunExecutor>.Instance),
            health,
            ends,
            options,
            clock,
            NullLogger<SyncRunner>.Instance);
        Queue = new RunQueue(runner, new Helpers(), ends, Store, stores.Backfills, Registry, new SyncMetrics(meters), options, clock, NullLogger<RunQueue>.Instance);
        Syncs = new SyncDirectory(Registry, access);
        Scheduler = new SyncScheduler(Syncs, Queue, Store, Registry, options, clock, NullLogger<SyncScheduler>.Instance);
    }

    public IRegistry Registry { get; }

    public IChangeStore Store { get; }

    public RunQueue Queue { get; }

    public SyncDirectory Syncs { get; }

    public SyncScheduler Scheduler { get; }

    /// <param name="called">What the driver does in each run.</param>
    public static OurRooms Open(string path, int places, Func<ValueTask>? called = null)
    {
        var data = DataFolder.Open(path);
        data.Claim();
        var registry = LiteDbRegistry.Open(data, NullLogger<LiteDbRegistry>.Instance);
        var store = SqliteChangeStore.Open(data.File("changes.db"));
        var stores = new Stores(registry, store, store.Listings, store.Gaps, store.Closings, store.Backfills, async () =>
        {
            await store.DisposeAsync();
            await registry.DisposeAsync();
            data.Dispose();
        });
        return new OurRooms(stores, places, called ?? (static () => ValueTask.CompletedTask));
    }

    /// <summary>The same on a database.</summary>
    public static async Task<OurRooms> OpenSharedAsync(string connectionString, int places)
    {
        var shared = await ClusterRoom.OpenAsync(connectionString, StoreUse.Work, TimeProvider.System, CancellationToken.None);
        await shared.MakeReady(CancellationToken.None);
        return new OurRooms(new Stores(shared.Registry, shared.Changes, shared.Listings, shared.Gaps, shared.Closings, shared.Backfills, shared.DisposeAsync), places, static () => ValueTask.CompletedTask);
    }

    public static ConnectionId ConnectionOf(int number) => new($"con_{number:D22}");

    public static TenantId TenantOf(int number) => new($"restaurant-{number:D6}");

    /// <summary>Connections of two syncs, a tenant each, in one folder; all have run before.</summary>
    public async Task FillAsync(int connections)
    {
        var now = TimeProvider.System.GetUtcNow();
        foreach (var numbers in Enumerable.Range(0, connections).Chunk(2000))
        {
            await Registry.WriteAsync(
                transaction =>
                {
                    foreach (var number in numbers)
                    {
                        transaction.Put(Connection.Collection, Make(number, now));
                        transaction.Put(MappedLocation.Collection, LocationOf(number, now));
                    }
                },
                CancellationToken.None);
        }

        var keys = Enumerable.Range(0, connections).SelectMany(static number => new[] { (number, StreamName.Sales), (number, StreamName.Catalog) });
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (key, token) =>
        {
            var request = new RunRequest(TenantOf(key.number), new DriverId(NoOpDriver.Id), new SyncKey(ConnectionOf(key.number), key.Item2), RunTrigger.Connect);
            using var active = new ActiveRun(request, now);
            var begun = await Store.BeginRunAsync(active.Run, token);
            await Store.EndRunAsync(begun with { Outcome = SyncOutcome.Completed, EndedAt = now }, [], token);
        });
    }

    public async Task StartAsync()
    {
        await Queue.StartAsync(CancellationToken.None);
        await Queue.Recovered;
        await Scheduler.StartAsync(CancellationToken.None);
        await (Scheduler.ExecuteTask ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        await Scheduler.StopAsync(CancellationToken.None);
        await Queue.StopAsync(CancellationToken.None);
        Scheduler.Dispose();
        Queue.Dispose();
        await _close();
    }

    private static DriverSession Open(LoadedDriver loaded)
    {
        if (!loaded.Use.TryEnter(loaded.MaxSessions))
        {
            throw new InvalidOperationException("All places of the driver are taken.");
        }

        return new DriverSession(loaded, loaded.Factory is NoOpDriver driver ? driver : throw new InvalidOperationException("Another driver."), new HttpClient());
    }

    private static Connection Make(int number, DateTimeOffset now) => new()
    {
        Id = ConnectionOf(number),
        Tenant = TenantOf(number),
        Driver = new DriverId(NoOpDriver.Id),
        Status = ConnectionStatus.Ok,
        CreatedAt = now,
        ChangedAt = now,
    };

    private static MappedLocation LocationOf(int number, DateTimeOffset now) => new()
    {
        Connection = ConnectionOf(number),
        Tenant = TenantOf(number),
        Location = new Location { Ref = new ExternalRef(NoOpDriver.Id, "main"), Name = "Main", TimeZone = "Europe/Berlin", Currency = "EUR", Active = true },
        OwnId = $"main-{number}",
        DiscoveredAt = now,
    };

    private sealed record Stores(IRegistry Registry, IChangeStore Changes, IListings Listings, IGaps Gaps, IClosings Closings, IBackfills Backfills, Func<ValueTask> Close);
}
