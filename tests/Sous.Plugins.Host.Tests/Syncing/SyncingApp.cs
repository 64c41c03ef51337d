using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Checkpoints;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Both rooms behind a real Kestrel, on real stores, with a shop for a service. One connection, con_1 of tenant t1, was made.</summary>
internal sealed class SyncingApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryFolder _temporary = new();
    private readonly DataFolder _folder;
    private readonly HttpClient _client = new();

    private SyncingApp(Shop shop)
    {
        _folder = DataFolder.Open(_temporary.Path);
        _folder.Claim();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(Clock).AddStorage(_folder).AddEvents().AddAccess().AddChanges().AddLocations().AddSyncing()
            .AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>().AddSingleton<TenantKeys>().AddSingleton<RawProtector>()
            .AddSingleton<RefusedTokens>().AddSingleton<ConnectionStore>().AddSingleton<ConnectionEvents>()
            .AddSingleton<ConnectionCondition>(static (connection, _) => ValueTask.FromResult(ViewOf(connection)))
            .AddSingleton(shop.Access).AddSingleton<DriverLookup>(id => id.Value == "shop" ? shop.Loaded : null).AddLive()
            .Configure<SyncingOptions>(static options => options.MaxJitter = TimeSpan.Zero);
        builder.Services.ConfigureHttpJsonOptions(HttpJson.Configure);
        _app = builder.Build();
        _app.MapSyncing();
        _app.MapCheckpoints();
        _app.MapLocations();
        _app.MapLive();
    }

    public FakeTimeProvider Clock { get; } = new(SyncingHost.Start);

    public IServiceProvider Services => _app.Services;

    public Uri Address => _client.BaseAddress!;

    public string Key => _client.DefaultRequestHeaders.Authorization!.Parameter!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<SyncingApp> StartAsync(Shop shop)
    {
        var app = new SyncingApp(shop);
        await app._app.StartAsync(Token);
        app._client.BaseAddress = new Uri(app._app.Urls.First());
        await app.UseKeyAsync("tenant:t1");
        await app.Services.GetRequiredService<IRegistry>().WriteAsync(
            transaction => transaction.Put(Connection.Collection, new Connection
            {
                Id = SyncingHost.Id,
                Tenant = SyncingHost.Tenant,
                Driver = new DriverId("shop"),
                Status = ConnectionStatus.Ok,
                CreatedAt = SyncingHost.Start,
                ChangedAt = SyncingHost.Start,
            }),
            Token);
        return app;
    }

    /// <summary>From now on requests carry a new key of that scope.</summary>
    public async Task UseKeyAsync(string scope)
    {
        var made = KeyText.Make();
        Assert.True(KeyScope.TryParse(scope, out var parsed));
        if (parsed.Tenant is { } tenant)
        {
            await Services.GetRequiredService<IRegistry>().WriteAsync(transaction => transaction.Put(Tenant.Collection, new Tenant(tenant, null, SyncingHost.Start)), Token);
        }

        await Services.GetRequiredService<KeyStore>().AddAsync(made, parsed, null, null, "test", Token);
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.Text);
    }

    /// <summary>Below the connection's own address, unless it begins with a slash.</summary>
    public async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        var address = path.StartsWith('/') ? path : $"/api/v1/tenants/t1/connections/con_1/{path}";
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _client.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text)!);
    }

    /// <summary>The command line's way to the API.</summary>
    public HostClient Cli() => new(Address, Key);

    /// <summary>An answer of lines.</summary>
    public async Task<(HttpStatusCode Status, string? Type, IReadOnlyList<JsonNode> Lines)> GetLinesAsync(string path)
    {
        using var response = await _client.GetAsync(path, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType, [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!)]);
    }

    public Task BecomeAsync(ConnectionStatus status) => Services.GetRequiredService<ConnectionStore>().ChangeAsync(
        SyncingHost.Id, "test", $"connection.{status}", connection => connection with { Status = status }, Token);

    /// <summary>Discovers the locations, and lets the first runs that follow end.</summary>
    public async Task DiscoverAsync()
    {
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, "locations/discover")).Status);
        Clock.Advance(TimeSpan.Zero);
        await Task.WhenAll(Services.GetRequiredService<RunQueue>().Active.Select(static active => active.Ended)).WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    /// <summary>Lets time pass in steps, and the runs that begin in each end.</summary>
    public async Task AdvanceAsync(TimeSpan time, TimeSpan step)
    {
        for (var until = Clock.GetUtcNow() + time; Clock.GetUtcNow() < until;)
        {
            Clock.Advance(step);
            await Task.WhenAll(Services.GetRequiredService<RunQueue>().Active.Select(static active => active.Ended)).WaitAsync(TimeSpan.FromSeconds(30), Token);
        }
    }

    /// <summary>Lets a run end; what it ended as.</summary>
    public async Task<SyncRun> EndAsync(JsonNode run)
    {
        var id = (string)run["id"]!;
        if (Services.GetRequiredService<RunQueue>().Find(id) is { } active)
        {
            await active.Ended.WaitAsync(TimeSpan.FromSeconds(30), Token);
        }

        return (await Services.GetRequiredService<IChangeStore>().FindRunAsync(id, Token))!;
    }

    /// <summary>A connection without credential, budget or driver's trouble: nothing is known of it but what is stored.</summary>
    private static ConnectionView ViewOf(Connection connection) => new()
    {
        Id = connection.Id,
        Tenant = connection.Tenant,
        Driver = connection.Driver,
        Authorization = connection.Authorization,
        Status = connection.Status,
        Cause = connection.Cause,
        Actor = connection.Actor,
        Scopes = connection.Scopes,
        MissingScopes = connection.MissingScopes,
        Settings = connection.Settings,
        CreatedAt = connection.CreatedAt,
        ChangedAt = connection.ChangedAt,
        Version = connection.Version,
    };

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
        _temporary.Dispose();
    }
}
