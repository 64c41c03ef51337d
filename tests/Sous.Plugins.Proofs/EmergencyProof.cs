using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs;

/// <summary>One word withdraws every grant of a driver, and a host that is killed as soon as it has said yes does so all the same.</summary>
public sealed class EmergencyProof : IAsyncLifetime
{
    private const int Connections = 6;

    private RotatingFolder _folder = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _folder = await RotatingFolder.MakeAsync(Token);

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task A_host_that_is_killed_once_it_has_said_yes_withdraws_every_grant_at_its_next_start()
    {
        await using (var host = await _folder.StartAsync(Token))
        {
            using var platform = host.Client();
            await platform.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "t1" }, Token);
            for (var i = 0; i < Connections; i++)
            {
                _folder.Service.Account = $"account-{i}";
                await RotatingFolder.ConsentAsync(platform, "api/v1/tenants/t1", "connect-sessions", new JsonObject { ["driver"] = RotatingFolder.Driver }, Token);
            }

            var said = await platform.PostAsync("api/v1/emergency/revoke-all", new JsonObject { ["driver"] = RotatingFolder.Driver }, Token);
            await host.KillAsync();
            Assert.Equal(Connections, (int?)said["revoking"]);
        }

        await using var next = await _folder.StartAsync(Token);
        using var again = next.Client();
        while ((await StatusesAsync(again)).Any(static status => status != "revoked"))
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal(Connections, (await StatusesAsync(again)).Count);
        var told = (await again.GetAsync("api/v1/tenants/t1/events", Token))["items"]!.AsArray();
        Assert.Equal(Connections, told.Count(static one => (string?)one!["type"] == "connection.revoked"));
        var verb = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "emergency", "revoke-all", "--driver", RotatingFolder.Driver, "--data", _folder.Data, "--json");
        Assert.Equal((0, "", """{"revoking":0}"""), (verb.Exit, verb.Error, verb.Output));
    }

    [Theory]
    [InlineData]
    [InlineData("--driver", "a", "--tenant", "b")]
    public async Task Just_one_of_driver_and_tenant_is_named(params string[] options)
    {
        var refused = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["emergency", "revoke-all", "--data", _folder.Data, .. options]);

        Assert.Equal((2, "", "Name either --driver or --tenant."), (refused.Exit, refused.Output, refused.Error));
    }

    private static async Task<List<string?>> StatusesAsync(HostClient platform)
        => [.. (await platform.GetAsync("api/v1/tenants/t1/connections", Token))["items"]!.AsArray().Select(static item => (string?)item!["status"])];
}
