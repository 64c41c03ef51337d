using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Host.Tests.Live.Proxy;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Emergency;

/// <summary><c>emergency disable-driver</c>, while a host runs and while none does.</summary>
public sealed class DisableDriverTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _temporary.File("data");

    private string Plugins => _temporary.File("plugins.json");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_driver_serves_no_more_at_once_where_a_host_runs_and_from_the_next_start_on_where_none_does()
    {
        var folder = Path.Combine(PluginsTree.Artifacts, "plugins");
        await File.WriteAllTextAsync(Plugins, $$"""{ "pluginsFolder": {{JsonSerializer.Serialize(folder)}}, "plugins": [ { "id": "square", "path": "Sous.Plugins.Square" }, { "id": "toast", "path": "Sous.Plugins.Toast" } ] }""", Token);
        string?[] states;
        (int Exit, string Output, string Error) online;
        await using (var worker = await StartAsync())
        {
            online = await VerbProcess.RunAsync(["emergency", "disable-driver", "square", "--data", Data]);
            states = await StatesAsync();
        }

        var offline = await VerbProcess.RunAsync(["emergency", "disable-driver", "toast", "--data", Data, "--plugins", Plugins]);
        var unknown = await VerbProcess.RunAsync(["emergency", "disable-driver", "nobody", "--data", Data, "--plugins", Plugins]);

        Assert.Equal((0, 0, 1), (online.Exit, offline.Exit, unknown.Exit));
        Assert.Equal(["disabled", "loaded"], states);
        Assert.All(PluginsFile.Read(Plugins).Entries, static entry => Assert.False(entry.Enabled));
        Assert.Equal([("cli", "square"), ("cli", "toast")], await AuditedAsync());
    }

    [Fact]
    public async Task A_live_call_that_is_under_way_ends_and_says_why()
    {
        // Arrange
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0, RateLimits = false }, cancellationToken: Token);
        await using var service = await Counter.StartAsync(toast.Address, Token);
        var (reached, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        service.Odd = async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            reached.SetResult();
            await left.Task;
        };
        await File.WriteAllTextAsync(Plugins, $$"""{ "pluginsFolder": {{JsonSerializer.Serialize(Path.Combine(PluginsTree.Artifacts, "plugins"))}}, "plugins": [ { "id": "toast", "path": "Sous.Plugins.Toast" } ] }""", Token);
        await using var worker = await StartAsync(
            ("Clients:toast:ClientId", toast.Options.ClientId),
            ("Clients:toast:ClientSecret", toast.ClientSecret),
            ("Clients:toast:AuthUrl", toast.Address.AbsoluteUri),
            ("Clients:toast:ApiUrl", service.Address.AbsoluteUri));
        using var admin = Admin();
        (await admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token)).EnsureSuccessStatusCode();
        using var made = await admin.PostAsJsonAsync("/api/v1/tenants/t1/connections", new { driver = "toast", settings = new { restaurants = new[] { toast.Truth.Restaurants[0].Id } } }, Token);
        var connection = (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString();
        var asking = admin.GetAsync($"/api/v1/tenants/t1/connections/{connection}/proxy/odd/slow", Token);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        // Act
        using var disabled = await admin.PostAsJsonAsync("/api/v1/emergency/disable-driver", new { driver = "toast" }, Token);

        // Assert
        using var answer = await asking.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Conflict), (disabled.StatusCode, answer.StatusCode));
        Assert.Equal(("misconfigured", "The driver was disabled by the operator while it answered."), (problem.GetProperty("code").GetString(), problem.GetProperty("detail").GetString()));
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    private Task<Worker> StartAsync(params (string Key, string Value)[] settings)
    {
        var overrides = settings.ToDictionary(static setting => setting.Key, static setting => (string?)setting.Value);
        overrides["LogLevel"] = "Error";
        return Worker.StartAsync(new HostSettings { Urls = "http://127.0.0.1:0", Data = Data, Plugins = Plugins, Overrides = overrides }, Token);
    }

    private HttpClient Admin()
    {
        var host = HostFile.Read(Data)!;
        var client = new HttpClient { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Key);
        return client;
    }

    private async Task<string?[]> StatesAsync()
    {
        using var client = Admin();
        var drivers = await client.GetFromJsonAsync<JsonElement>("/api/v1/drivers", Token);
        return [.. drivers.GetProperty("items").EnumerateArray().Where(row => row.GetProperty("id").GetString() is "square" or "toast")
            .OrderBy(row => row.GetProperty("id").GetString()).Select(row => row.GetProperty("state").GetString())];
    }

    private async Task<IEnumerable<(string, string?)>> AuditedAsync()
    {
        using var folder = DataFolder.Open(Data);
        await using var registry = LiteDbRegistry.Open(folder, NullLogger<LiteDbRegistry>.Instance);
        return [.. (await registry.ListAsync(AuditEntry.Collection, "", Token)).Where(static entry => entry.Action == "emergency.driver_disabled").Select(static entry => (entry.Actor, entry.Target))];
    }
}
