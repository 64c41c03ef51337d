using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>Invariant 23 in a process of its own: a driver's threads fail, and the host, its other drivers and their runs go on.</summary>
public sealed class GuardProof : IDisposable
{
    private const string Wild = "api/v1/drivers/wild";

    private static readonly string[] s_strays = ["async void, in a request", "thread", "timer", "async void"];

    private readonly PluginsFolder _plugins = new();

    public GuardProof()
    {
        _plugins.Add("plugins/Sous.Plugins.Square", "square");
        _plugins.Add("fixtures/Fixture.Wild", "wild");
        _plugins.List(("square", "square"), ("wild", "wild"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_driver_that_throws_where_nobody_catches_is_blamed_and_quarantined_and_another_goes_on_syncing()
    {
        // Arrange
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "200", "--days", "30"], Token);
        var address = HostProcess.FreeAddress();
        var configuration = new Dictionary<string, string?>(DemoWalk.Configuration(address, simulators.Services)) { ["Defects:Unhandled"] = "8" };
        await using (var host = Start(address, configuration))
        {
            await host.ReadyAsync(Token);
            using var connecting = new Platform(host.Client());
            using var platform = new Platform(host.Client()) { Connection = await connecting.ConnectAsync(Token) };
            while (!await platform.MapAsync(Token))
            {
                await Task.Delay(50, Token);
            }

            // Act
            await FailAsync(platform.Client);
            await platform.SettleAsync(Token);

            // Assert
            var driver = await platform.Client.GetAsync(Wild, Token);
            Assert.Equal("quarantined", (string?)driver["state"]);
            Assert.Contains("on threads of its own", (string?)driver["reason"], StringComparison.Ordinal);
            Assert.Contains("Fixture.Strays.Fail", (string?)driver["defects"]!.AsArray()[0]!["trace"], StringComparison.Ordinal);
            Assert.DoesNotContain("SOUSCANARY", driver.ToJsonString() + host.Output, StringComparison.Ordinal);
            Assert.Equal("ok", (string?)(await platform.ViewAsync(Token))["status"]);
            Assert.Equal("degraded", (string?)(await platform.Client.GetAsync("health/ready", Token))["status"]);
            Assert.Equal(0, await host.StopAsync(Token));
        }

        // A restart changes nothing of it: only an operator does, or another version.
        await using var next = Start(address, configuration);
        await next.ReadyAsync(Token);
        using var client = next.Client();
        await AssertRefusedAsync(client);
        await AssertReleasedAsync(client);
        await AssertReplacedAsync(client);
    }

    [Fact]
    public async Task A_defect_of_the_hosts_own_ends_the_process_as_before()
    {
        var address = HostProcess.FreeAddress();
        await using var host = Start(address, HostProcess.NoSettings);
        await host.ReadyAsync(Token);
        using var client = host.Client();
        await AddTenantAsync(client);

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            await ConnectAsync(client, "a thread of the host's");
            while (true)
            {
                await client.GetAsync("health/live", Token);
            }
        });

        // 128 + SIGABRT
        Assert.Equal(134, await host.WaitForExitAsync(Token));
        Assert.Contains("GenerationUse.Dispose", host.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _plugins.Dispose();

    /// <summary>Has the driver fail in each of its ways.</summary>
    private static async Task FailAsync(HostClient client)
    {
        await AddTenantAsync(client);
        for (var i = 0; i < s_strays.Length; i++)
        {
            await ConnectAsync(client, s_strays[i]);

            // It is probed before its connection is kept, and once after.
            while ((await DefectsAsync(client)).Count < 2 * (i + 1))
            {
                await Task.Delay(50, Token);
            }
        }
    }

    private async Task AssertRefusedAsync(HostClient client)
    {
        var list = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", "list", "--data", _plugins.Data, "--json");
        Assert.Equal((0, ""), (list.Exit, list.Error));
        var row = JsonNode.Parse(list.Output)!["items"]!.AsArray().Single(static row => (string?)row!["id"] == "wild");
        Assert.Equal("quarantined", (string?)row!["state"]);
        Assert.StartsWith("It is quarantined since", (string?)row["reason"], StringComparison.Ordinal);
        Assert.Contains("`plugins release wild`", (string?)row["remedy"], StringComparison.Ordinal);
        var connections = (await client.GetAsync("api/v1/tenants/wild/connections", Token))["items"]!.AsArray();
        Assert.Equal(s_strays.Length, connections.Count);
        Assert.All(connections, static connection =>
        {
            Assert.Equal(("needs_attention", "operator"), ((string?)connection!["status"], (string?)connection["actor"]));
            Assert.Contains("The driver wild is quarantined", (string?)connection["cause"], StringComparison.Ordinal);
        });
        var live = await Assert.ThrowsAsync<HostRefusedException>(() => client.GetAsync($"api/v1/tenants/wild/pos/catalog?connection={(string?)connections[0]!["id"]}", Token));
        Assert.Equal("driver_quarantined", live.Code);
        Assert.Equal(2 * s_strays.Length, (await DefectsAsync(client)).Count);
    }

    private async Task AssertReleasedAsync(HostClient client)
    {
        var released = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", "release", "wild", "--data", _plugins.Data, "--json");
        Assert.Equal((0, "", "loaded"), (released.Exit, released.Error, (string?)JsonNode.Parse(released.Output)!["state"]));
        Assert.Empty(await DefectsAsync(client));
        var again = await Assert.ThrowsAsync<HostRefusedException>(() => client.PostAsync($"{Wild}/release", null, Token));
        Assert.Equal("not_quarantined", again.Code);
        var nobody = await Assert.ThrowsAsync<HostRefusedException>(() => client.PostAsync("api/v1/drivers/nobody/release", null, Token));
        Assert.Equal(404, nobody.StatusCode);
    }

    private async Task AssertReplacedAsync(HostClient client)
    {
        var connections = (await client.GetAsync("api/v1/tenants/wild/connections", Token))["items"]!.AsArray();
        for (var i = 0; (string?)(await client.GetAsync(Wild, Token))["state"] != "quarantined"; i++)
        {
            await client.PostAsync($"api/v1/tenants/wild/connections/{(string?)connections[i % connections.Count]!["id"]}/probe", null, Token);
        }

        _plugins.Add("fixtures/Fixture.Wild", "wild-2", "1.0.1");
        _plugins.List(("square", "square"), ("wild", "wild-2"));
        var pinned = await client.PostAsync($"{Wild}/pin", null, Token);
        Assert.Equal(("loaded", "1.0.1"), ((string?)pinned["state"], (string?)pinned["version"]));
        // Of its own it has what its trial left behind, at most.
        Assert.InRange((await DefectsAsync(client)).Count, 0, 1);
    }

    private static Task<JsonNode> AddTenantAsync(HostClient client) => client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "wild" }, Token);

    private static Task<JsonNode> ConnectAsync(HostClient client, string stray)
        => client.PostAsync("api/v1/tenants/wild/connections", new JsonObject { ["driver"] = "wild", ["apiKey"] = "key", ["settings"] = new JsonObject { ["probe"] = stray } }, Token);

    private static async Task<JsonArray> DefectsAsync(HostClient client) => (await client.GetAsync(Wild, Token))["defects"]!.AsArray();

    private HostProcess Start(Uri address, IReadOnlyDictionary<string, string?> configuration) => HostProcess.Start(address, _plugins.Data, configuration, _plugins.Root);
}
