using System.Threading.Channels;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
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
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Both rooms on real stores, with a clock that stands still. Nothing runs by itself before <see cref="StartAsync"/>.</summary>
internal sealed class SyncingHost : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);
    public static readonly TenantId Tenant = new("t1");
    public static readonly DriverId Driver = new("shop");
    public static readonly ConnectionId Id = new("con_1");
    public static readonly SyncKey SalesKey = new(Id, StreamName.Sales);

    private static readonly EphemeralDataProtectionProvider s_protection = new();

    private readonly TemporaryFolder? _folder;
    private readonly DataFolder _data;
    private readonly Channel<(SyncRun Run, RunEnd End)> _ended = Channel.CreateUnbounded<(SyncRun, RunEnd)>();
    private bool _stopped;

    private SyncingHost(Shop shop, TemporaryFolder? folder, string path, FakeTimeProvider clock, Action<SyncingOptions>? configure)
    {
        (Shop, _folder, Clock) = (shop, folder, clock);
        _data = DataFolder.Open(path);
        _data.Claim();
        Registry = LiteDbRegistry.Open(_data, NullLogger<LiteDbRegistry>.Instance);
        Store = SqliteChangeStore.Open(_data.File("changes.db"));
        var values = new SyncingOptions { MaxJitter = TimeSpan.Zero };
        configure?.Invoke(values);
        var options = Options.Create(values);
        Defects = new DriverDefects(Options.Create(new DefectsOptions()), clock, NullLogger<DriverDefects>.Instance);
        var access = shop.Access with { FindBuild = _ => shop.Loaded.Build, FindQuarantine = _ => Defects.Find(shop.Loaded.Build) };
        var health = new ConnectionHealth(new ConnectionStore(Registry, new EventLog(Registry), new RefusedTokens(clock), clock, NullLogger<ConnectionStore>.Instance), Store, access, Defects, options, clock);
        var encoder = new RecordEncoder(new RawProtector(new TenantKeys(Registry, s_protection, clock)));
        var scopes = new ScopeSync(Store, encoder, options, clock, NullLogger<ScopeSync>.Instance);
        var brake = new DeleteBrake(Store.Listings, options, clock, NullLogger<DeleteBrake>.Instance);
        var gaps = new GapGuard(Store.Gaps, Store.Closings, scopes, clock, NullLogger<GapGuard>.Instance);
        Ends = new RunEnds(Store, clock, NullLogger<RunEnds>.Instance);
        var backfills = new BackfillSync(Store.Backfills, scopes, Registry, clock);
        var executor = new RunExecutor(access, new RunPlanner(Registry, Store.Backfills, options, clock), scopes, brake, gaps, backfills, options, clock, NullLogger<RunExecutor>.Instance);
        Runner = new SyncRunner(Store, executor, health, Ends, options, clock, NullLogger<SyncRunner>.Instance);
        Queue = new RunQueue(Runner, Helpers, Ends, Store, Store.Backfills, Registry, new SyncMetrics(Meters.New()), options, clock, NullLogger<RunQueue>.Instance);
        Syncs = new SyncDirectory(Registry, access);
        Scheduler = new SyncScheduler(Syncs, Queue, Store, Registry, options, clock, NullLogger<SyncScheduler>.Instance);
        Backfills = new WaitingBackfills(Store.Backfills, Queue, Registry, options, clock, NullLogger<WaitingBackfills>.Instance);
        Directory = new LocationDirectory(Registry, new EventLog(Registry), Store, access, clock);
        Discovery = new LocationDiscovery(Directory, Syncs, Scheduler, health, Events, Registry, clock, NullLogger<LocationDiscovery>.Instance);
        Queue.Ended += (active, end) => _ended.Writer.TryWrite((active.Run, end));
    }

    public Shop Shop { get; }

    public FakeTimeProvider Clock { get; }

    public DriverDefects Defects { get; }

    public IRegistry Registry { get; }

    public SqliteChangeStore Store { get; }

    public RunEnds Ends { get; }

    public SyncRunner Runner { get; }

    public Helpers Helpers { get; } = new();

    public RunQueue Queue { get; }

    public SyncDirectory Syncs { get; }

    public SyncScheduler Scheduler { get; }

    public WaitingBackfills Backfills { get; }

    public ConnectionEvents Events { get; } = new(NullLogger<ConnectionEvents>.Instance);

    public LocationDirectory Directory { get; }

    public LocationDiscovery Discovery { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One connection of one tenant; its locations are known and mapped to "own-" and their id.</summary>
    public static async Task<SyncingHost> OpenAsync(Shop shop, Action<SyncingOptions>? configure = null, bool discovered = true)
    {
        var folder = new TemporaryFolder();
        var host = new SyncingHost(shop, folder, folder.Path, new FakeTimeProvider(Start), configure);
        await host.ConnectAsync();
        if (discovered)
        {
            await host.Directory.DiscoverAsync(await host.ConnectionAsync(), Token);
            foreach (var location in shop.Locations)
            {
                await host.Directory.MapAsync(Id, "test", location.Ref.Id, $"own-{location.Ref.Id}", null, Token);
            }
        }

        return host;
    }

    /// <summary>Another host on the same data folder, as after a restart; the first is stopped. Its clock goes on.</summary>
    public async Task<SyncingHost> ReopenAsync()
    {
        await StopAsync();
        return new SyncingHost(Shop, null, _data.Path, Clock, null);
    }

    public Task ConnectAsync() => Registry.WriteAsync(
        transaction => transaction.Put(Connection.Collection, new Connection
        {
            Id = Id,
            Tenant = Tenant,
            Driver = Driver,
            Status = ConnectionStatus.Ok,
            CreatedAt = Clock.GetUtcNow(),
            ChangedAt = Clock.GetUtcNow(),
        }),
        Token);

    public async Task<Connection> ConnectionAsync() => (await Registry.FindAsync(Connection.Collection, Id.Value, Token))!;

    public async Task StartAsync()
    {
        await Queue.StartAsync(Token);
        await Scheduler.StartAsync(Token);
        await Backfills.StartAsync(Token);
        await (Scheduler.ExecuteTask ?? Task.CompletedTask);
    }

    /// <summary>Runs once, without queue or schedule.</summary>
    public async Task<(SyncRun Run, RunEnd End)> RunAsync(StreamName? stream = null, DateOnly? from = null, DateOnly? to = null, ActiveRun? active = null, CancellationTokenSource? stopping = null)
    {
        active ??= Active(stream, from, to);
        return await Runner.RunAsync(active, await ConnectionAsync(), null, stopping?.Token ?? Token);
    }

    public ActiveRun Active(StreamName? stream = null, DateOnly? from = null, DateOnly? to = null)
        => new(new RunRequest(Tenant, Driver, new SyncKey(Id, stream ?? StreamName.Sales), RunTrigger.Request, from, to), Clock.GetUtcNow());

    /// <summary>The next run of the queue to end, whichever it is.</summary>
    public async Task<(SyncRun Run, RunEnd End)> NextEndedAsync() => await _ended.Reader.ReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token);

    public async Task<SyncRun> NextEndedAsync(StreamName stream)
    {
        while (true)
        {
            var (run, _) = await NextEndedAsync();
            if (run.Stream == stream)
            {
                return run;
            }
        }
    }

    public async Task<string?> CheckpointAsync(string location)
        => (await Store.ReadCheckpointAsync(new Scope(Id, StreamName.Sales, location), Token))?.Value;

    public async Task<IReadOnlyList<FeedEntry>> FeedAsync()
        => (await Store.ReadChangesAsync(new FeedQuery(Tenant, 0, null, null, 1000), Token)).Changes;

    public async Task<IReadOnlyList<string>> FedSalesAsync()
        => [.. (await FeedAsync()).Where(static entry => entry.Stream == StreamName.Sales).Select(static entry => entry.Id)];

    /// <summary>Done to the change store's file from outside, as a full disk would.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_data.File("changes.db")};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }

    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        await Discovery.StopAsync(CancellationToken.None);
        await Backfills.StopAsync(CancellationToken.None);
        await Scheduler.StopAsync(CancellationToken.None);
        await Queue.StopAsync(CancellationToken.None);
        Discovery.Dispose();
        Backfills.Dispose();
        Scheduler.Dispose();
        Queue.Dispose();
        await Ends.DisposeAsync();
        await Store.DisposeAsync();
        await Registry.DisposeAsync();
        _data.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder?.Dispose();
    }
}
