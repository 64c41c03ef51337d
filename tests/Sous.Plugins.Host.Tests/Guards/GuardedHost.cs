using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>The composed host with the real drivers out of their folders, in front of simulated services that can be told to go wrong.</summary>
internal sealed class GuardedHost : IAsyncDisposable
{
    private const string Tenant = "/api/v1/tenants/t1";
    private const string Return = "http://127.0.0.1:9/back";

    private GuardedHost(RunningWorker worker) => Worker = worker;

    public RunningWorker Worker { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<GuardedHost> StartAsync(params (string Driver, Uri Address, string ClientId, string ClientSecret)[] services) => StartAsync([], services);

    /// <param name="more">Settings beside those of the services.</param>
    public static async Task<GuardedHost> StartAsync((string, string?)[] more, params (string Driver, Uri Address, string ClientId, string ClientSecret)[] services)
    {
        var settings = services.SelectMany(service => new (string, string?)[]
        {
            ($"Clients:{service.Driver.Replace('-', '_')}:ClientId", service.ClientId),
            ($"Clients:{service.Driver.Replace('-', '_')}:ClientSecret", service.ClientSecret),
            ($"Clients:{service.Driver.Replace('-', '_')}:AuthUrl", service.Address.AbsoluteUri),
            ($"Clients:{service.Driver.Replace('-', '_')}:ApiUrl", service.Address.AbsoluteUri),
            // Turns would come by a clock that stands still.
            ($"Clients:{service.Driver.Replace('-', '_')}:RateLimits:Connection", "none"),
        });
        var worker = await RunningWorker.StartAsync([.. settings, .. more, ("ReturnAddresses:back", Return)]);
        await worker.PostAsync("/api/v1/tenants", new { id = "t1" }, HttpStatusCode.Created);
        return new GuardedHost(worker);
    }

    /// <summary>With the drivers of another plugins.json.</summary>
    public static async Task<GuardedHost> StartAsync(string plugins, params (string Key, string? Value)[] settings)
    {
        var worker = await RunningWorker.StartAsync(TimeProvider.System, plugins, settings);
        await worker.PostAsync("/api/v1/tenants", new { id = "t1" }, HttpStatusCode.Created);
        return new GuardedHost(worker);
    }

    /// <summary>Goes through the pages as an owner does. Returns the connection's id.</summary>
    public async Task<string> ConnectAsync(string driver, object? settings = null)
    {
        var session = await Worker.PostAsync($"{Tenant}/connect-sessions", new { driver, initiator = "anna", returnTo = "back", settings }, HttpStatusCode.Created);
        using var browser = new OwnerBrowser();
        await browser.ConsentAsync(new Uri(session.GetProperty("url").GetString()!), new Uri(Return), Token);
        var connection = await Worker.PostAsync($"{Tenant}/connect-sessions/{session.GetProperty("id").GetString()}/complete", new { initiator = "anna" }, HttpStatusCode.OK);
        return connection.GetProperty("id").GetString()!;
    }

    /// <summary>Binds as an operator does. Returns the connection's id.</summary>
    public async Task<string> BindAsync(string driver, object settings)
        => (await Worker.PostAsync($"{Tenant}/connections", new { driver, settings }, HttpStatusCode.Created)).GetProperty("id").GetString()!;

    /// <summary>Connects with a key. Returns the connection's id.</summary>
    public async Task<string> ConnectWithKeyAsync(string driver, object settings)
        => (await Worker.PostAsync($"{Tenant}/connections", new { driver, apiKey = "a-key", settings }, HttpStatusCode.Created)).GetProperty("id").GetString()!;

    /// <summary>Maps a location, which is then found in the feed under its own id.</summary>
    public async Task MapAsync(string connection, string location)
    {
        await Worker.PostAsync($"{Tenant}/connections/{connection}/locations/discover", new { }, HttpStatusCode.OK);
        using var mapped = await Worker.Admin.PutAsJsonAsync($"{Tenant}/connections/{connection}/locations/{location}", new { ownId = location }, Token);
        Assert.True(mapped.IsSuccessStatusCode);
    }

    /// <summary>One more run, begun when the one under way has ended.</summary>
    public async Task<JsonElement> RunAsync(string connection, string stream)
    {
        JsonElement run = default;
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            using var asked = await Worker.Admin.PostAsJsonAsync($"{Tenant}/connections/{connection}/syncs/{stream}/runs", new { }, Token);
            run = await asked.Content.ReadFromJsonAsync<JsonElement>(Token);
            return asked.IsSuccessStatusCode;
        });
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            run = await Worker.Admin.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run.GetProperty("id").GetString()}", Token);
            return OutcomeOf(run) != "running";
        });
        return run;
    }

    /// <summary>How the stream's runs ended, those that began by themselves too.</summary>
    public async Task<IReadOnlyList<string?>> OutcomesAsync(string connection, string stream)
    {
        var runs = (await GetAsync($"connections/{connection}/runs")).GetProperty("items").EnumerateArray();
        return [.. runs.Where(run => run.GetProperty("stream").GetString() == stream).Select(OutcomeOf).Where(static outcome => outcome != "running")];
    }

    public async Task<JsonElement> GetAsync(string path) => await Worker.Admin.GetFromJsonAsync<JsonElement>($"{Tenant}/{path}", Token);

    /// <summary>The ids of a stream's records as the feed has them now. Fails where a version is missing, comes twice or changes nothing.</summary>
    public async Task<IEnumerable<string>> IdsAsync(string connection, string stream)
    {
        var check = new FeedCheck();
        for (var (after, more) = (0L, true); more;)
        {
            var page = (await Worker.Admin.GetFromJsonAsync<JsonNode>($"{Tenant}/changes?limit=1000&after={after}", Token))!;
            foreach (var entry in page["changes"]!.AsArray())
            {
                check.Take(entry!);
            }

            (after, more) = ((long)page["next"]!, (bool)page["more"]!);
        }

        Assert.Empty(check.Findings);
        return check.Current.Where(record => record.Stream == stream && (string?)record.Entry["connection"] == connection).Select(static record => record.Id).Order(StringComparer.Ordinal);
    }

    /// <summary>A run completes, and the feed has just what the service has.</summary>
    public async Task AssertAllFoundAsync(string connection, string stream, IEnumerable<string> truth)
    {
        var run = await RunAsync(connection, stream);

        Assert.True(OutcomeOf(run) == "completed", run.ToString());
        Assert.Equal(truth.Order(StringComparer.Ordinal), await IdsAsync(connection, stream));
        Assert.Equal("ok", (await GetAsync($"connections/{connection}")).GetProperty("status").GetString());
    }

    /// <summary>A run is suspect and says why, on its connection too; none of the stream's runs completed, and nothing is in the feed that does not exist.</summary>
    public async Task AssertSuspectAsync(string connection, string stream, string reason, IEnumerable<string> truth)
    {
        var run = await RunAsync(connection, stream);

        Assert.True(OutcomeOf(run) == "suspect", run.ToString());
        Assert.Contains(reason, run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("completed", await OutcomesAsync(connection, stream));
        Assert.Subset(truth.ToHashSet(), (await IdsAsync(connection, stream)).ToHashSet());
        var view = await GetAsync($"connections/{connection}");
        Assert.Equal("needs_attention", view.GetProperty("status").GetString());
        Assert.Contains(reason, view.GetProperty("cause").GetString(), StringComparison.Ordinal);
    }

    public static string? OutcomeOf(JsonElement run) => run.GetProperty("outcome").GetString();

    public ValueTask DisposeAsync() => Worker.DisposeAsync();
}
