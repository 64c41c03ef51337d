using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>The rooms that webhooks go through on a real Kestrel and real stores, with a shop for a service. Connection con_1 of tenant t1 is of account acc-1.</summary>
internal sealed class WebhooksApp : IAsyncDisposable
{
    public static readonly ConnectionId Id = SyncingHost.Id;

    private readonly TemporaryFolder _temporary = new();
    private readonly HttpClient _client = new();
    private WebApplication _app = null!;
    private DataFolder _folder = null!;

    private WebhooksApp(HookedShop shop) => Shop = shop;

    public FakeTimeProvider Clock { get; } = new(SyncingHost.Start);

    public HookedShop Shop { get; }

    public LogCapture Logs { get; } = new();

    public Dictionary<string, string?> Settings { get; } = new() { ["PublicUrl"] = "https://sous.example", ["Clients:shop:WebhookSecret"] = HookedShop.Secret, ["Clients:other:WebhookSecret"] = "SOUSCANARY-other" };

    /// <summary>The address that is registered for the shop's driver.</summary>
    public Uri Registered { get; private set; } = null!;

    /// <summary>Where the host really listens.</summary>
    public Uri Address => new(_app.Urls.First());

    public IInbox Inbox => Get<IInbox>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="works">Whether what is kept is worked off too.</param>
    public static async Task<WebhooksApp> StartAsync(HookedShop? shop = null, bool works = true, string? account = "acc-1")
    {
        var app = new WebhooksApp(shop ?? new HookedShop());
        await app.OpenAsync(works);
        if (account is not null)
        {
            await app.ConnectAsync(Id, account);
        }

        return app;
    }

    public T Get<T>()
        where T : class => _app.Services.GetRequiredService<T>();

    /// <summary>A connection as it is once made; its locations are known and mapped to "own-" and their id.</summary>
    public async Task<Connection> ConnectAsync(ConnectionId id, string account, ConnectionStatus status = ConnectionStatus.Ok)
    {
        var connection = new Connection
        {
            Id = id,
            Tenant = SyncingHost.Tenant,
            Driver = new DriverId("shop"),
            AccountId = account,
            Authorization = AuthorizationKind.ApiKey,
            Status = status,
            CreatedAt = Clock.GetUtcNow().AddDays(-30),
            ChangedAt = Clock.GetUtcNow(),
        };
        await Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, connection), Token);
        if (Shop.Shop.Locations.Count > 0)
        {
            var locations = Get<LocationDirectory>();
            await locations.DiscoverAsync(connection, Token);
            foreach (var location in Shop.Shop.Locations)
            {
                await locations.MapAsync(id, "test", location.Ref.Id, $"own-{location.Ref.Id}", null, Token);
            }
        }

        return connection;
    }

    public async Task RestartAsync(bool works = true)
    {
        await CloseAsync();
        await OpenAsync(works);
    }

    /// <summary>Stops, puts a backup of a moment ago in the place of the data, starts on it, adopts it and waits until the connection is verified.</summary>
    public async Task RestoreAsync()
    {
        var file = _temporary.File("backup.zip");
        await using (var made = NewBackup.Create(file, overwrite: true))
        {
            await using (var point = await Get<Backups>().TakeAsync("test", Token))
            {
                await point!.WriteAsync(made.Stream, Token);
            }

            await made.FinishAsync(Token);
        }

        await CloseAsync();
        await using (var backup = await BackupFile.OpenAsync(file, Token))
        {
            using var target = RestoreTarget.Open(_temporary.File("data"), force: true);
            await new Restore(backup, target, Clock).RunAsync(Token);
        }

        await OpenAsync(works: true);
        await Get<Adoption>().AdoptAsync("test", Token);
        await EventuallyAsync(async () => (await ConnectionAsync()).Status == ConnectionStatus.Ok);
    }

    /// <summary>Posts to an address as it is registered; the host listens elsewhere, as behind a proxy.</summary>
    public async Task<HttpResponseMessage> PostAsync(Uri address, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, address.PathAndQuery)) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _client.SendAsync(request, Token);
    }

    /// <summary>Sends events as the service does.</summary>
    public async Task<HttpStatusCode> SendAsync(params string[] events)
    {
        var body = string.Join('\n', events);
        using var response = await PostAsync(Registered, new StringContent(body), ("X-Signature", HookedShop.Sign(Registered, body)));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
        return response.StatusCode;
    }

    /// <summary>Waits on what happens in the background; the clock stands, but what is due now is let go.</summary>
    public async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        for (var looks = 0; !await holds(); looks++)
        {
            Assert.False(deadline.IsCancellationRequested, $"What was waited for did not happen within two minutes.\n{string.Join('\n', Logs.Lines)}");
            // Where a run has to be tried again, seconds of this clock have to pass.
            Clock.Advance(TimeSpan.FromMilliseconds(looks < 200 ? 1 : 100));
            await Task.Delay(5, Token);
        }
    }

    /// <summary>Waits until nothing is left to do.</summary>
    public Task IdleAsync() => EventuallyAsync(async () =>
        (await Inbox.ReadNewAsync(1, Token)).Count == 0 && (await Inbox.ListWorkAsync(Token)).Count == 0 && !Get<RunQueue>().Active.Any());

    public async Task<IReadOnlyList<SyncRun>> RunsAsync(StreamName? stream = null) => await Get<IChangeStore>().ListRunsAsync(Id, stream, 1000, Token);

    public async Task<IReadOnlyList<string>> FedAsync()
        => [.. (await Get<IChangeStore>().ReadChangesAsync(new FeedQuery(SyncingHost.Tenant, 0, null, null, 1000), Token)).Changes.Select(static entry => entry.Id)];

    /// <summary>What was told of records.</summary>
    public async Task<IReadOnlyList<PlatformEvent>> ToldAsync()
        => [.. (await Get<EventLog>().ReadAsync(SyncingHost.Tenant, 0, 1000, new CancellationToken(true), Token))!.Items.Where(static told => told.Records is not null)];

    public async Task<Connection> ConnectionAsync() => (await Get<ConnectionStore>().FindAsync(Id, Token))!;

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _client.Dispose();
        _temporary.Dispose();
    }

    private async Task OpenAsync(bool works)
    {
        _folder = DataFolder.Open(_temporary.File("data"));
        _folder.Claim();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.Logging.ClearProviders().AddProvider(Logs).SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var master = BootGate.Check(_folder, builder.Configuration, Clock).MasterKey;
        builder.Services.AddSingleton<TimeProvider>(Clock).AddStorage(_folder).AddCredentials(master).AddAccess().AddDrivers().AddEvents().AddEmergency().AddConnectionsRoom()
            .AddAuthorizationRoom().AddChanges().AddLocations().AddSyncing().AddRecordNews().AddWebhooks().AddBackup().AddVerifications().AddHttp()
            .AddSingleton(Shop.Access)
            .Replace(ServiceDescriptor.Singleton<DriverLookup>(id => id.Value is "shop" or "other" ? Shop.Loaded : null))
            .Configure<SyncingOptions>(static options => options.MaxJitter = TimeSpan.Zero);
        if (!works)
        {
            builder.Services.RemoveAll<Microsoft.Extensions.Hosting.IHostedService>();
        }

        _app = builder.Build();
        _app.UsePipeline();
        _app.MapConnections();
        WebhookEndpoint.Map(_app);
        await Get<VaultSetup>().InitialiseAsync(Token);
        await _app.StartAsync(Token);
        Registered = await Get<WebhookAddresses>().OfAsync(new DriverId("shop"), Token);
    }

    private async Task CloseAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
