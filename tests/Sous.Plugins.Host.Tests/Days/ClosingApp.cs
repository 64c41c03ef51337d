using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Days;

/// <summary>The rooms that close days, behind a real Kestrel and on real stores, for restaurants whose clock they share. It may be restarted.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class ClosingApp : IAsyncDisposable
{
    public static readonly ConnectionId Square = new("con_square");
    public static readonly ConnectionId Toast = new("con_toast");
    public static readonly TenantId Tenant = new("t1");

    private static readonly EphemeralDataProtectionProvider s_protection = new();

    private readonly TemporaryFolder _temporary = new();
    private readonly Restaurants _restaurants;
    private readonly Action<DaysOptions> _configure;
    private readonly HttpClient _client = new();
    private WebApplication _app = null!;
    private DataFolder _folder = null!;

    private ClosingApp(Restaurants restaurants, Action<DaysOptions>? configure) => (_restaurants, _configure) = (restaurants, configure ?? (static _ => { }));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : class => _app.Services.GetRequiredService<T>();

    /// <summary>Connected, discovered, mapped (to "own-" and the id) and synced once; the days before are closed as far back as is looked.</summary>
    public static async Task<ClosingApp> StartAsync(Restaurants restaurants, Action<DaysOptions>? configure = null, params ConnectionId[] connections)
    {
        var app = new ClosingApp(restaurants, configure);
        await app.OpenAsync();
        var key = KeyText.Make();
        Assert.True(KeyScope.TryParse($"tenant:{Tenant}", out var scope));
        await app.Get<IRegistry>().WriteAsync(static t => t.Put(Host.Connections.Tenant.Collection, new Tenant(Tenant, null, default)), Token);
        await app.Get<KeyStore>().AddAsync(key, scope, null, null, "test", Token);
        app.Key = key.Text;
        app._client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
        foreach (var id in connections)
        {
            await app.ConnectAsync(id);
        }

        return app;
    }

    public async Task StopAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The next host on the same data folder.</summary>
    public async Task OpenAsync()
    {
        _folder = DataFolder.Open(_temporary.File("data"));
        _folder.Claim();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(_restaurants.Clock).AddStorage(_folder).AddEvents().AddAccess().AddChanges().AddLocations().AddSyncing().AddDays().AddClosings()
            .AddSingleton<IDataProtectionProvider>(s_protection).AddSingleton<TenantKeys>().AddSingleton<RawProtector>()
            .AddSingleton<RefusedTokens>().AddSingleton<ConnectionStore>().AddSingleton<ConnectionEvents>().AddSingleton(_restaurants.Access)
            .Configure<SyncingOptions>(static options => options.MaxJitter = TimeSpan.Zero)
            .Configure(_configure);
        builder.Services.ConfigureHttpJsonOptions(HttpJson.Configure);
        _app = builder.Build();
        _app.MapDays();
        _app.MapSyncing();
        await _app.StartAsync(Token);
        Address = new Uri(_app.Urls.First());
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>The tenant's key.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Lets time go on, in small steps, until it holds.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds, TimeSpan? step = null)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!await holds())
        {
            Assert.False(deadline.IsCancellationRequested, $"What was waited for did not happen within three minutes. Events: {string.Join(" ", await EventTypesAsync())}");
            _restaurants.Clock.Advance(step ?? TimeSpan.FromMilliseconds(250));
            await Task.Delay(5, Token);
        }
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _client.GetAsync(new Uri(Address, $"/api/v1/tenants/t1/{path}"), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<JsonElement?> DayAsync(string location, DateOnly day, string more = "")
    {
        var days = (await GetAsync($"days?from={day:yyyy-MM-dd}&location=own-{location}{more}")).GetProperty("items");
        return days.GetArrayLength() == 0 ? null : Assert.Single(days.EnumerateArray());
    }

    /// <summary>Waits until the day is closed and nothing more is to be done with it.</summary>
    public async Task<JsonElement> SettledAsync(string location, DateOnly day)
    {
        JsonElement? settled = null;
        await UntilAsync(async () =>
        {
            settled = await DayAsync(location, day);
            return settled?.TryGetProperty("tieOut", out var tie) == true && !tie.TryGetProperty("nextAttempt", out _);
        });
        return settled!.Value;
    }

    public async Task<IReadOnlyList<PlatformEvent>> EventsAsync(DateOnly? day = null, string? location = null)
        => [.. (await Get<EventLog>().ReadAsync(Tenant, 0, 1000, new CancellationToken(true), Token))!.Items
            .Where(told => told.Type.StartsWith("day.", StringComparison.Ordinal) && (day is null || told.Day == day) && (location is null || told.ExternalId == location))];

    public async Task<IReadOnlyList<string>> EventTypesAsync(DateOnly? day = null, string? location = null)
        => [.. (await EventsAsync(day, location)).Select(static told => told.Type)];

    public async Task<IReadOnlyList<SyncRun>> RunsAsync(ConnectionId connection, string? trigger = null)
        => [.. (await Get<IChangeStore>().ListRunsAsync(connection, StreamName.Sales, 1000, Token)).Where(run => trigger is null || run.Trigger == trigger)];

    /// <summary>A run of all locations that begins now, to its end.</summary>
    public async Task SyncAsync(ConnectionId connection)
    {
        while (true)
        {
            var (added, run) = await Get<RunQueue>().AddAsync(new RunRequest(Tenant, DriverOf(connection), new SyncKey(connection, StreamName.Sales), RunTrigger.Request), Token);
            await run.Ended.WaitAsync(TimeSpan.FromSeconds(30), Token);
            if (added)
            {
                return;
            }
        }
    }

    /// <summary>Takes a sale out of the store, as if it had never come.</summary>
    public async Task LoseAsync(ConnectionId connection, string location, string sale)
    {
        var store = Get<IChangeStore>();
        var run = await store.BeginRunAsync(
            new SyncRun { Id = $"run_{Guid.NewGuid():N}", Tenant = Tenant, Connection = connection, Stream = StreamName.Sales, Trigger = RunTrigger.Webhook, Outcome = SyncOutcome.Running, StartedAt = _restaurants.Clock.GetUtcNow() }, Token);
        var lost = await store.CommitAsync(
            new PageCommit
            {
                Tenant = Tenant,
                Scope = new Scope(connection, StreamName.Sales, location),
                Run = run.Id,
                Fence = run.Fence,
                Changes = [new RecordChange { Kind = ChangeKind.Delete, Type = "", Id = sale }],
                At = _restaurants.Clock.GetUtcNow(),
            },
            Token);
        Assert.Equal(1, lost.Deleted);
        await store.EndRunAsync(run with { Outcome = SyncOutcome.Completed, EndedAt = _restaurants.Clock.GetUtcNow() }, [], Token);
    }

    /// <summary>As the connection's own room does it: the change, and the word of it.</summary>
    public async Task ChangeAsync(ConnectionId id, ConnectionStatus status)
    {
        var changed = await Get<ConnectionStore>().ChangeAsync(id, "test", "test", connection => connection with { Status = status }, Token);
        if (status == ConnectionStatus.Ok)
        {
            await Get<ConnectionEvents>().RaiseConnectedAsync(changed!, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _temporary.Dispose();
    }

    private static DriverId DriverOf(ConnectionId id) => new(id == Square ? "square" : "toast");

    private async Task ConnectAsync(ConnectionId id)
    {
        var now = _restaurants.Clock.GetUtcNow();
        var connection = new Connection { Id = id, Tenant = Tenant, Driver = DriverOf(id), Status = ConnectionStatus.Ok, CreatedAt = now, ChangedAt = now };
        await Get<IRegistry>().WriteAsync(t => t.Put(Connection.Collection, connection), Token);
        var directory = Get<LocationDirectory>();
        foreach (var location in await directory.DiscoverAsync(connection, Token))
        {
            await directory.MapAsync(id, "test", location.Location.Ref.Id, $"own-{location.Location.Ref.Id}", null, Token);
        }

        await Get<ConnectionEvents>().RaiseConnectedAsync(connection, Token);
        await UntilAsync(async () => (await RunsAsync(id)).Any(static run => run.Outcome == SyncOutcome.Completed));
    }
}
