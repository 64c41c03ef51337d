using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary><c>autoEnable</c> at the host itself: a folder that is dropped in serves by itself, on loopback, and nowhere else.</summary>
public sealed class AutoEnableProof : IDisposable
{
    private readonly PluginsFolder _plugins = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IReadOnlyDictionary<string, string?> Exposed => new Dictionary<string, string?>
    {
        ["MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["PublicUrl"] = "https://sous.example/",
    };

    public void Dispose() => _plugins.Dispose();

    [Fact]
    public async Task A_dropped_folder_serves_pinned_without_a_word_and_one_that_was_disabled_is_left_alone()
    {
        Write(autoEnable: true);
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), _plugins.Data, HostProcess.NoSettings, _plugins.Root);
        await host.ReadyAsync(Token);
        using var client = host.Client();

        _plugins.Add("fixtures/Fixture.Good", "good-1");
        await UntilAsync(client, "good", "loaded");
        Assert.Equal(64, ((string?)JsonNode.Parse(await File.ReadAllTextAsync(_plugins.File, Token))!["plugins"]![0]!["sha256"])?.Length);

        await client.PostAsync("api/v1/drivers/good/disable", null, Token);
        _plugins.Add("fixtures/Fixture.OldContract", "old");
        _plugins.Add("fixtures/Fixture.Wild", "wild");
        await UntilAsync(client, "wild", "loaded");
        Assert.Equal("disabled", (string?)(await client.GetAsync("api/v1/drivers/good", Token))["state"]);
        var old = await client.GetAsync("api/v1/drivers/old-contract", Token);
        Assert.Equal("unlisted", (string?)old["state"]);
        Assert.Contains("contract 0.9", (string?)old["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_can_be_reached_from_elsewhere_does_not_start_with_it_nor_take_it_up()
    {
        var settings = Exposed;
        Write(autoEnable: true);
        await using (var refused = HostProcess.Start(HostProcess.FreeAddress(), _plugins.Data, settings, _plugins.Root))
        {
            Assert.Equal(78, await refused.WaitForExitAsync(Token));
            Assert.Contains("autoEnable: true is accepted only while every listener and the public URL are loopback, and https://sous.example/ is not", refused.Output, StringComparison.Ordinal);
        }

        _plugins.Add("fixtures/Fixture.Good", "good-1");
        _plugins.List(("good", "good-1"));
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), _plugins.Data, settings, _plugins.Root);
        await host.ReadyAsync(Token);
        Write(autoEnable: true);
        while (!host.Output.Contains("autoEnable: true is accepted only", StringComparison.Ordinal))
        {
            await Task.Delay(100, Token);
        }

        using var client = host.Client();
        Assert.Equal("loaded", (string?)(await client.GetAsync("api/v1/drivers/good", Token))["state"]);
    }

    private void Write(bool autoEnable)
        => File.WriteAllText(_plugins.File, new JsonObject { ["pluginsFolder"] = "plugins", ["autoEnable"] = autoEnable, ["plugins"] = new JsonArray() }.ToJsonString());

    private static async Task UntilAsync(Sous.Plugins.Host.Cli.HostClient client, string id, string state)
    {
        while ((await client.GetAsync("api/v1/drivers", Token))["items"]!.AsArray().All(row => (string?)row!["id"] != id || (string?)row["state"] != state))
        {
            await Task.Delay(100, Token);
        }
    }
}
