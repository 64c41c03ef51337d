using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Deliveries;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>The rooms of authorization on a real Kestrel and a real registry, with an OAuth service beside it; can be killed and started again.</summary>
internal sealed class AuthorizationApp : IAsyncDisposable
{
    public const string ReturnAddress = "http://127.0.0.1:9/back?from=sous";
    public const string ClientSecret = OAuthServer.ClientSecret;

    private readonly TemporaryFolder _temporary = new();
    private readonly int _port = FreePort.Take();
    private readonly Dictionary<string, LoadedDriver> _drivers = [];
    private WebApplication _app = null!;
    private DataFolder _folder = null!;
    private string _key = "";

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public Dictionary<string, string?> Settings { get; } = [];

    public LogCapture Logs { get; } = new();

    public ServiceDouble Service { get; private set; } = null!;

    public OAuthServer Server { get; private set; } = null!;

    public HttpClient Admin { get; private set; } = null!;

    /// <summary>Records that the change store was told to delete.</summary>
    public List<ConnectionId> DeletedRecords { get; } = [];

    public string Address => $"http://localhost:{_port}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<AuthorizationApp> StartAsync(params LoadedDriver[] drivers) => StartAsync([], drivers);

    public static async Task<AuthorizationApp> StartAsync((string Key, string? Value)[] settings, params LoadedDriver[] drivers)
    {
        var app = new AuthorizationApp { Service = await ServiceDouble.StartAsync() };
        return await StartAsync(app, app.Service.Address, settings, drivers.Length == 0 ? [TestDriver.Load(TestDriver.Id), TestDriver.Load("other")] : drivers);
    }

    /// <summary>With an authorization server that is none of ours.</summary>
    public static async Task<AuthorizationApp> StartAsync(OAuthServerOptions options, params LoadedDriver[] drivers)
    {
        var app = new AuthorizationApp();
        app.Server = await OAuthServer.StartAsync(
            options with { Clock = app.Clock, RedirectAddresses = [.. drivers.Select(driver => new Uri($"{app.Address}/oauth/callback/{driver.Id}"))] }, Token);
        return await StartAsync(app, app.Server.Address, [], drivers);
    }

    private static async Task<AuthorizationApp> StartAsync(AuthorizationApp app, Uri service, (string Key, string? Value)[] settings, LoadedDriver[] drivers)
    {
        foreach (var driver in drivers)
        {
            app._drivers[driver.Id.Value] = driver;
            var section = $"Clients:{driver.Id.Value.Replace('-', '_')}";
            app.Settings[$"{section}:ClientId"] = OAuthServer.ClientId;
            app.Settings[$"{section}:ClientSecret"] = ClientSecret;
            app.Settings[$"{section}:AuthUrl"] = service.AbsoluteUri;
            app.Settings[$"{section}:ApiUrl"] = service.AbsoluteUri;
        }

        app.Settings["PublicUrl"] = app.Address;
        app.Settings["ReturnAddresses:home"] = ReturnAddress;
        foreach (var (key, value) in settings)
        {
            app.Settings[key] = value;
        }

        try
        {
            await app.OpenAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        using var _ = await app.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1", name = "Bistro <One>" }, Token);
        using var __ = await app.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t2" }, Token);
        return app;
    }

    public T Get<T>()
        where T : class => _app.Services.GetRequiredService<T>();

    /// <summary>Another version of a driver serves from now on.</summary>
    public void Replace(LoadedDriver driver) => _drivers[driver.Id.Value] = driver;

    public async Task RestartAsync(Action? whileStopped = null)
    {
        await CloseAsync();
        whileStopped?.Invoke();
        await OpenAsync();
    }

    /// <summary>Makes a backup, while everything runs.</summary>
    public async Task<string> BackUpAsync()
    {
        var file = _temporary.File("backup.zip");
        await using var backup = NewBackup.Create(file, overwrite: true);
        await using (var point = await Get<Backups>().TakeAsync("test", Token))
        {
            await point!.WriteAsync(backup.Stream, Token);
        }

        await backup.FinishAsync(Token);
        return file;
    }

    /// <summary>Stops, restores the backup in the place of the data, and starts on it.</summary>
    public async Task RestoreAsync(string file)
    {
        await CloseAsync();
        await using (var backup = await BackupFile.OpenAsync(file, Token))
        {
            using var target = RestoreTarget.Open(_temporary.File("data"), force: true);
            await new Restore(backup, target, Clock).RunAsync(Token);
        }

        await OpenAsync();
    }

    public async Task<JsonElement> CreateSessionAsync(object request, string tenant = "t1")
    {
        using var response = await Admin.PostAsJsonAsync($"/api/v1/tenants/{tenant}/connect-sessions", request, Token);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync(Token));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    /// <summary>The whole way by one owner: link, button, consent, callback. Returns the session's id and where the browser ends.</summary>
    public async Task<(string Session, Uri Landed)> ConsentAsync(string? initiator = "user-1", string driver = TestDriver.Id)
    {
        var session = await CreateSessionAsync(new { driver, initiator, returnTo = "home" });
        if (Server is not null)
        {
            return (session.GetProperty("id").GetString()!, await ConsentAsync(session));
        }

        using var owner = new Browser();
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, this);
        using var answer = await owner.GetAsync(callback);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return (session.GetProperty("id").GetString()!, answer.Headers.Location!);
    }

    /// <summary>Presses every button that a session's link leads to, the service's own too. Returns where the browser ends.</summary>
    public static async Task<Uri> ConsentAsync(JsonElement session)
    {
        using var browser = new OwnerBrowser();
        return await browser.ConsentAsync(new Uri(session.GetProperty("url").GetString()!), new Uri(ReturnAddress), Token);
    }

    /// <summary>The owner's way again, for a connection that is there. Returns the session's id.</summary>
    public async Task<string> ConsentAgainAsync(ConnectionId connection, object? request = null)
    {
        using var made = await Admin.PostAsJsonAsync($"/api/v1/tenants/t1/connections/{connection}/reconnect", request ?? new { initiator = "user-1", returnTo = "home" }, Token);
        Assert.True(made.StatusCode == HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Token));
        var session = await made.Content.ReadFromJsonAsync<JsonElement>(Token);
        using var owner = new Browser();
        using var callback = await owner.GetAsync(await owner.StartAsync(session.GetProperty("url").GetString()!, this));
        Assert.Equal(HttpStatusCode.SeeOther, callback.StatusCode);
        return session.GetProperty("id").GetString()!;
    }

    public Task<HttpResponseMessage> CompleteAsync(string session, string? initiator = "user-1", string tenant = "t1")
        => Admin.PostAsJsonAsync($"/api/v1/tenants/{tenant}/connect-sessions/{session}/complete", new { initiator }, Token);

    public async Task<Connection> ConnectAsync(string driver = TestDriver.Id)
    {
        var (session, _) = await ConsentAsync(driver: driver);
        using var completed = await CompleteAsync(session);
        var view = await completed.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(completed.IsSuccessStatusCode, view.ToString());
        return (await Get<ConnectionStore>().FindAsync(new ConnectionId(view.GetProperty("id").GetString()!), Token))!;
    }

    /// <summary>Every byte in the data folder, as Latin-1 text.</summary>
    public async Task<string> ReadFilesAsync()
    {
        var text = new System.Text.StringBuilder();
        foreach (var file in Directory.EnumerateFiles(_folder.Path).Where(f => Path.GetFileName(f) != "lock"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            text.Append(await reader.ReadToEndAsync(Token));
        }

        return text.ToString();
    }

    public async Task<JsonElement> GetAsync(string path) => await Admin.GetFromJsonAsync<JsonElement>(path, Token);

    public async Task<string> StatusOfAsync(ConnectionId id) => (await GetAsync($"/api/v1/tenants/t1/connections/{id}")).GetProperty("status").GetString()!;

    /// <summary>What the first tenant was told, of one type.</summary>
    public async Task<List<JsonElement>> EventsAsync(string type)
        => [.. (await GetAsync("/api/v1/tenants/t1/events")).GetProperty("items").EnumerateArray().Where(told => told.GetProperty("type").GetString() == type)];

    /// <summary>Waits until nothing is left to be withdrawn.</summary>
    public Task SettleAsync() => EventuallyAsync(async () =>
    {
        var registry = Get<IRegistry>();
        if ((await registry.ListAsync(EmergencyRevocation.Collection, "", Token)).Count == 0 && (await registry.ListAsync(Revocation.Collection, "", Token)).Count == 0)
        {
            return true;
        }

        Clock.Advance(TimeSpan.FromSeconds(1));
        return false;
    });

    /// <summary>Waits on what happens in the background; polls, since the API is all that the outside has.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await holds())
        {
            Assert.False(deadline.IsCancellationRequested, "What was waited for did not happen within a minute.");
            await Task.Delay(10, Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await (Service?.DisposeAsync() ?? default);
        await (Server?.DisposeAsync() ?? default);
        _temporary.Dispose();
    }

    private async Task OpenAsync()
    {
        _folder = DataFolder.Open(_temporary.File("data"));
        _folder.Claim();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.Logging.ClearProviders().AddProvider(Logs).SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseUrls(Address);
        var master = BootGate.Check(_folder, builder.Configuration, Clock).MasterKey;
        builder.Services.AddSingleton<TimeProvider>(Clock).AddStorage(_folder).AddCredentials(master).AddAccess().AddChanges().AddDrivers().AddEvents().AddEmergency().AddConnectionsRoom().AddAuthorizationRoom().AddDeliveries().AddBackup().AddVerifications()
            .Replace(ServiceDescriptor.Singleton<DriverLookup>(id => _drivers.GetValueOrDefault(id.Value)))
            .Replace(ServiceDescriptor.Singleton<RecordsDeletion>((_, connection, _, _) =>
            {
                lock (DeletedRecords)
                {
                    DeletedRecords.Add(connection);
                }

                return Task.CompletedTask;
            }))
            .AddHttp();
        _app = builder.Build();
        _app.UsePipeline();
        _app.MapTenants();
        _app.MapKeys();
        _app.MapConnectSessions();
        _app.MapDirectConnections();
        _app.MapConnections();
        _app.MapEvents();
        _app.MapSubscriptions();
        _app.MapDeliveries();
        _app.MapEmergency();
        _app.MapAdopt();
        _app.MapOwnerPages();
        await _app.StartAsync(Token);
        await AddAdminAsync();
    }

    private async Task AddAdminAsync()
    {
        if (_key.Length == 0)
        {
            var made = KeyText.Make();
            await Get<KeyStore>().AddAsync(made, KeyScope.Admin, null, null, "test", Token);
            _key = made.Text;
        }

        Admin = new HttpClient { BaseAddress = new Uri(Address) };
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _key);
    }

    private async Task CloseAsync()
    {
        Admin?.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
