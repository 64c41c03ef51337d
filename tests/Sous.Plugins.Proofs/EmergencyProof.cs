using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>One word withdraws every grant of a driver, and a host that is killed as soon as it has said yes does so all the same.</summary>
public sealed class EmergencyProof : IAsyncLifetime
{
    private const string Driver = "rotating";
    private const int Connections = 6;

    private static readonly Uri s_back = new("http://127.0.0.1:9/back");

    private readonly string _folder = Directory.CreateTempSubdirectory("sous-emergency-").FullName;
    private readonly Uri _address = HostProcess.FreeAddress();
    private OAuthServer _service = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    private string Plugins => Path.Combine(_folder, "plugins.json");

    public async ValueTask InitializeAsync()
    {
        _service = await OAuthServer.StartAsync(new OAuthServerOptions { RedirectAddresses = [new Uri(_address, $"oauth/callback/{Driver}")] }, Token);
        await File.WriteAllTextAsync(Plugins, $$"""{ "pluginsFolder": "{{Path.Combine(Tree.Root, "artifacts", "fixtures")}}", "plugins": [ { "id": "{{Driver}}", "path": "Fixture.Rotating" } ] }""", Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_host_that_is_killed_once_it_has_said_yes_withdraws_every_grant_at_its_next_start()
    {
        await using (var host = await StartAsync())
        {
            using var platform = host.Client();
            await platform.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "t1" }, Token);
            for (var i = 0; i < Connections; i++)
            {
                _service.Account = $"account-{i}";
                await ConnectAsync(platform);
            }

            var said = await platform.PostAsync("api/v1/emergency/revoke-all", new JsonObject { ["driver"] = Driver }, Token);
            await host.KillAsync();
            Assert.Equal(Connections, (int?)said["revoking"]);
        }

        await using var next = await StartAsync();
        using var again = next.Client();
        while ((await StatusesAsync(again)).Any(static status => status != "revoked"))
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal(Connections, (await StatusesAsync(again)).Count);
        var told = (await again.GetAsync("api/v1/tenants/t1/events", Token))["items"]!.AsArray();
        Assert.Equal(Connections, told.Count(static one => (string?)one!["type"] == "connection.revoked"));
        var verb = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "emergency", "revoke-all", "--driver", Driver, "--data", Data, "--json");
        Assert.Equal((0, "", """{"revoking":0}"""), (verb.Exit, verb.Error, verb.Output));
    }

    [Theory]
    [InlineData]
    [InlineData("--driver", "a", "--tenant", "b")]
    public async Task Just_one_of_driver_and_tenant_is_named(params string[] options)
    {
        var refused = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["emergency", "revoke-all", "--data", Data, .. options]);

        Assert.Equal((2, "", "Name either --driver or --tenant."), (refused.Exit, refused.Output, refused.Error));
    }

    private async Task<HostProcess> StartAsync()
    {
        var configuration = new Dictionary<string, string?>
        {
            ["PublicUrl"] = _address.GetLeftPart(UriPartial.Authority),
            ["ReturnAddresses:home"] = s_back.AbsoluteUri,
            [$"Clients:{Driver}:ClientId"] = OAuthServer.ClientId,
            [$"Clients:{Driver}:ClientSecret"] = OAuthServer.ClientSecret,
            [$"Clients:{Driver}:AuthUrl"] = _service.Address.AbsoluteUri,
            [$"Clients:{Driver}:ApiUrl"] = _service.Address.AbsoluteUri,
        };
        var host = HostProcess.Start(_address, Data, configuration, null, "--plugins", Plugins);
        await host.ReadyAsync(Token);
        return host;
    }

    private static async Task ConnectAsync(HostClient platform)
    {
        var session = await platform.PostAsync(
            "api/v1/tenants/t1/connect-sessions", new JsonObject { ["driver"] = Driver, ["initiator"] = "user-1", ["returnTo"] = "home" }, Token);
        using var owner = new OwnerBrowser();
        await owner.ConsentAsync(new Uri((string)session["url"]!), s_back, Token);
        await platform.PostAsync($"api/v1/tenants/t1/connect-sessions/{(string)session["id"]!}/complete", new JsonObject { ["initiator"] = "user-1" }, Token);
    }

    private static async Task<List<string?>> StatusesAsync(HostClient platform)
        => [.. (await platform.GetAsync("api/v1/tenants/t1/connections", Token))["items"]!.AsArray().Select(static item => (string?)item!["status"])];
}
