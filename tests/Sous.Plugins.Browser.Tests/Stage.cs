using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Sous.Plugins.Browser.Tests;
using Sous.Plugins.Host;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Sdk;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Testing;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Stage))]

// One host and one browser serve all, and what the services do is set for all.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace Sous.Plugins.Browser.Tests;

/// <summary>The whole worker, the services that it speaks to, the platform, and a browser. A test takes a tenant of its own.</summary>
public sealed class Stage : IAsyncLifetime
{
    /// <summary>The driver of <see cref="Service"/>.</summary>
    internal const string Rotating = "rotating";

    private readonly string _folder = Directory.CreateTempSubdirectory("sous-pages-").FullName;
    private Chromium? _chromium;
    private Worker _worker = null!;
    private string _key = "";
    private string? _session;
    private int _tenants;

    internal Uri Address { get; } = new($"http://127.0.0.1:{FreePort.Take()}/");

    internal OAuthServer Service { get; private set; } = null!;

    internal SquareSimulator Square { get; private set; } = null!;

    internal OtherSite Elsewhere { get; private set; } = null!;

    /// <summary>The platform's way to the host.</summary>
    internal HostClient Platform { get; private set; } = null!;

    internal string AdminKey => _key;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Service = await OAuthServer.StartAsync(new OAuthServerOptions { RedirectAddresses = [new Uri(Address, $"oauth/callback/{Rotating}")] }, Token);
        Square = await SquareSimulator.StartAsync(
            new SquareSimulatorOptions { Orders = 4_000, Days = 20, RedirectUris = [new Uri(Address, "oauth/callback/square").AbsoluteUri] }, cancellationToken: Token);
        Elsewhere = await OtherSite.StartAsync();
        var data = Path.Combine(_folder, "data");
        _worker = await Worker.StartAsync(
            new HostSettings { Urls = Address.GetLeftPart(UriPartial.Authority), Data = data, Plugins = await WritePluginsAsync(), Overrides = Settings() }, Token);
        _key = HostFile.Read(data)!.Key;
        Platform = new HostClient(Address, _key);
        _chromium = File.Exists(Chromium.Program) ? await Chromium.StartAsync() : null;
    }

    /// <summary>One of the host's parts, to put there what takes days to come about.</summary>
    internal T Get<T>()
        where T : class => _worker.Get<T>();

    /// <summary>A new tenant's part of the API.</summary>
    internal async Task<string> AddTenantAsync(string name)
    {
        var id = $"tenant-{++_tenants}";
        await Platform.PostAsync("api/v1/tenants", new JsonObject { ["id"] = id, ["name"] = name }, Token);
        return $"api/v1/tenants/{id}";
    }

    /// <summary>A connection that its owner, at whatever browser, has consented to.</summary>
    /// <returns>Its part of the API.</returns>
    internal async Task<string> ConnectAsync(string tenant, string driver)
    {
        var session = await Platform.PostAsync($"{tenant}/connect-sessions", new JsonObject { ["driver"] = driver, ["initiator"] = "user-1", ["returnTo"] = "demo" }, Token);
        using var owner = new OwnerBrowser();
        await owner.ConsentAsync(new Uri((string)session["url"]!), Elsewhere.Back, Token);
        var connection = await CompleteAsync(tenant, (string)session["id"]!);
        return $"{tenant}/connections/{(string)connection["id"]!}";
    }

    /// <summary>The platform's word that the user is the one who began it.</summary>
    internal Task<JsonNode> CompleteAsync(string tenant, string session)
        => Platform.PostAsync($"{tenant}/connect-sessions/{session}/complete", new JsonObject { ["initiator"] = "user-1" }, Token);

    /// <summary>Until the API says so: it offers no other signal.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(50, Token);
        }
    }

    /// <summary>The page of something that the API knows by that path.</summary>
    internal Uri PageOf(string path) => new(Address, path.Replace("api/v1", "dashboard", StringComparison.Ordinal));

    /// <summary>Somebody at a browser who is signed in at the dashboard.</summary>
    internal async Task<Visitor> SignInAsync(bool scripts = true)
    {
        if (_session is null)
        {
            await using var first = await OpenAsync();
            await EnterAsync(first, _key);
            _session = await first.Page.Context.StorageStateAsync();
        }

        return await OpenAsync(scripts, _session);
    }

    /// <summary>Somebody with a key of one tenant: what others' tests have left is not on their pages.</summary>
    /// <param name="tenant">The tenant's part of the API.</param>
    internal async Task<Visitor> SignInAsync(string tenant, bool scripts = true)
    {
        var visitor = await OpenAsync(scripts);
        var key = await Platform.PostAsync("api/v1/keys", new JsonObject { ["scope"] = $"tenant:{tenant.Split('/')[^1]}" }, Token);
        await EnterAsync(visitor, (string)key["key"]!);
        visitor.KeyId = (string)key["id"]!;
        return visitor;
    }

    /// <summary>A day that is closed: we have no sale of it, the service tells of so much in payments, and where that differs nothing has helped.</summary>
    /// <param name="source">Of what the service tells.</param>
    internal async Task CloseAsync(TenantId tenant, ClosingKey key, string source, Money told)
    {
        var closed = new DateTimeOffset(key.Day.AddDays(1), new TimeOnly(6, 0), TimeSpan.Zero);
        // What the host counts itself when it comes to the day: it has none of its sales.
        var sums = DaySums.Of(DayFigures.Empty(key.Connection, key.Location, key.Day, told.Currency));
        var tie = new TieOut(source, true, [new TieOutFigure("payments", 0, told.Minor, told.Currency, told.Currency)]) { At = closed };
        await Get<IClosings>().OpenAsync(tenant, [(key, closed)], Token);
        var state = new ClosingState { ClosedAt = closed, AsClosed = sums, Sums = sums, TieOut = tie, GivenUp = !tie.Ties };
        await Get<IClosings>().KeepAsync(new Closing(key, ClosingStep.None, null, 0, 0, state), [], Token);
    }

    private async Task EnterAsync(Visitor visitor, string key)
    {
        await visitor.GoAsync(Address);
        await visitor.Page.GetByLabel("Key").FillAsync(key);
        await visitor.PressAsync("Sign in");
        await visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "Connections" }).WaitForAsync();
    }

    /// <summary>Somebody at a browser whom nobody knows. Without Chromium the test is skipped.</summary>
    internal async Task<Visitor> OpenAsync(bool scripts = true, string? session = null)
    {
        Assert.SkipWhen(_chromium is null, $"There is no {Chromium.Program}: apt-get install chromium.");
        var context = await _chromium.Browser.NewContextAsync(new BrowserNewContextOptions { JavaScriptEnabled = scripts, StorageState = session, Locale = "en-GB" });
        return await Visitor.ComeAsync(context, Address);
    }

    public async ValueTask DisposeAsync()
    {
        await (_chromium?.DisposeAsync() ?? ValueTask.CompletedTask);
        Platform.Dispose();
        await _worker.DisposeAsync();
        await Elsewhere.DisposeAsync();
        await Square.DisposeAsync();
        await Service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Dictionary<string, string?> Settings()
    {
        var (square, service) = (Square.Address.GetLeftPart(UriPartial.Authority), Service.Address.GetLeftPart(UriPartial.Authority));
        var settings = DemoWalk.Configuration(Address, new JsonObject
        {
            ["square"] = new JsonObject { ["clientId"] = Square.Options.ClientId, ["clientSecret"] = Square.ClientSecret, ["apiUrl"] = square, ["authUrl"] = square },
            [Rotating] = new JsonObject { ["clientId"] = OAuthServer.ClientId, ["clientSecret"] = OAuthServer.ClientSecret, ["apiUrl"] = service, ["authUrl"] = service },
        });
        settings["ReturnAddresses:demo"] = Elsewhere.Back.AbsoluteUri;
        settings["ConnectLimits:PagesPerMinute"] = "1000";
        settings["LogLevel"] = "Error";
        return settings;
    }

    private async Task<string> WritePluginsAsync()
    {
        var plugins = new JsonArray();
        foreach (var (id, path) in new[] { ("square", "plugins/Sous.Plugins.Square"), ("google-drive", "plugins/Sous.Plugins.GoogleDrive"), (Rotating, "fixtures/Fixture.Rotating") })
        {
            var copy = Directory.CreateDirectory(Path.Combine(_folder, "plugins", id)).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Tree.Root, "artifacts", path)))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            plugins.Add(new JsonObject { ["id"] = id, ["path"] = id });
        }

        var list = Path.Combine(_folder, "plugins.json");
        await File.WriteAllTextAsync(list, new JsonObject { ["pluginsFolder"] = "plugins", ["plugins"] = plugins }.ToJsonString(), Token);
        return list;
    }
}
