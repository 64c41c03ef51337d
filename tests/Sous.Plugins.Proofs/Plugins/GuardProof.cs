using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>Invariant 23 in a process of its own: a driver's threads fail, and the host, its other drivers and their runs go on.</summary>
public sealed class GuardProof : IDisposable
{
    private static readonly string[] s_strays = ["async void, in a request", "thread", "timer", "async void"];

    private readonly PluginsFolder _plugins = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_driver_that_throws_where_nobody_catches_is_blamed_and_quarantined_and_another_goes_on_syncing()
    {
        // Arrange
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "200", "--days", "30"], Token);
        var address = HostProcess.FreeAddress();
        await using var host = Start(address, new Dictionary<string, string?>(DemoWalk.Configuration(address, simulators.Services)) { ["Defects:Unhandled"] = "4" });
        await host.ReadyAsync(Token);
        using var connecting = new Platform(host.Client());
        using var platform = new Platform(host.Client()) { Connection = await connecting.ConnectAsync(Token) };
        while (!await platform.MapAsync(Token))
        {
            await Task.Delay(50, Token);
        }

        await AddTenantAsync(platform.Client);

        // Act
        for (var i = 0; i < s_strays.Length; i++)
        {
            await ConnectAsync(platform.Client, s_strays[i]);
            while ((await DefectsAsync(platform.Client)).Count <= i)
            {
                await Task.Delay(50, Token);
            }
        }

        await platform.SettleAsync(Token);

        // Assert
        var driver = await platform.Client.GetAsync("api/v1/drivers/wild", Token);
        Assert.Equal("quarantined", (string?)driver["state"]);
        Assert.Contains("on threads of its own", (string?)driver["reason"], StringComparison.Ordinal);
        Assert.Contains("Fixture.Strays.Fail", (string?)driver["defects"]!.AsArray()[0]!["trace"], StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", driver.ToJsonString() + host.Output, StringComparison.Ordinal);
        var list = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", "list", "--data", _plugins.Data);
        Assert.Equal((0, ""), (list.Exit, list.Error));
        Assert.Contains("on threads of its own", list.Output, StringComparison.Ordinal);
        Assert.Equal("ok", (string?)(await platform.ViewAsync(Token))["status"]);
        Assert.Equal("degraded", (string?)(await platform.Client.GetAsync("health/ready", Token))["status"]);
        Assert.Equal(0, await host.StopAsync(Token));
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

    private static Task<JsonNode> AddTenantAsync(HostClient client) => client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "wild" }, Token);

    private static Task<JsonNode> ConnectAsync(HostClient client, string stray)
        => client.PostAsync("api/v1/tenants/wild/connections", new JsonObject { ["driver"] = "wild", ["apiKey"] = "key", ["settings"] = new JsonObject { ["probe"] = stray } }, Token);

    private static async Task<JsonArray> DefectsAsync(HostClient client) => (await client.GetAsync("api/v1/drivers/wild", Token))["defects"]!.AsArray();

    private HostProcess Start(Uri address, IReadOnlyDictionary<string, string?> configuration)
    {
        _plugins.Add("plugins/Sous.Plugins.Square", "square");
        _plugins.Add("fixtures/Fixture.Wild", "wild");
        _plugins.List(("square", "square"), ("wild", "wild"));
        return HostProcess.Start(address, _plugins.Data, configuration, _plugins.Root);
    }
}
