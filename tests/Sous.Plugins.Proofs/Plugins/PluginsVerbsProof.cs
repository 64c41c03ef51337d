using System.IO.Compression;
using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>A driver is dropped into a running host, enabled, replaced and disabled, without a restart; and looked at without one.</summary>
public sealed class PluginsVerbsProof : IDisposable
{
    private readonly PluginsFolder _plugins = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dropped_folder_is_unlisted_then_enabled_then_replaced_by_an_edit_and_a_bad_one_changes_nothing()
    {
        await using (var host = HostProcess.Start(HostProcess.FreeAddress(), _plugins.Data, HostProcess.NoSettings, _plugins.Root))
        {
            await host.ReadyAsync(Token);
            _plugins.Add("fixtures/Fixture.Good", "good-1");
            await UntilAsync(static row => (string?)row?["state"] == "unlisted");

            var enabled = await OnHostAsync("enable", "good");
            Assert.Equal(("loaded", 1, "1.2.3"), ((string?)enabled["state"], (int?)enabled["generation"], (string?)enabled["version"]));

            _plugins.Add("fixtures/Fixture.Good", "good-2", "2.0.0");
            await UntilAsync(static row => (string?)row?["newer"]?["folder"] == "good-2");
            Feed("Fixture.Good.3.0.0.nupkg", "Fixture.Good", "3.0.0");
            var asked = (await OnHostAsync("list", "--source", _plugins.Of("../feed")))["items"]!.AsArray().First(static row => (string?)row!["id"] == "good")!["newer"];
            Assert.Equal(("3.0.0", "Fixture.Good"), ((string?)asked!["version"], (string?)asked["package"]));
            Assert.Equal("2.0.0", (string?)(await OnHostAsync("enable", "good", "--folder", "good-2"))["version"]);
            await UntilAsync(static row => (int?)row?["generation"] == 2 && (string?)row["version"] == "2.0.0");

            _plugins.List(("good", "nowhere"));
            await UntilAsync(static row => (string?)row?["reason"] is { } reason && reason.Contains("does not exist", StringComparison.Ordinal));
            Assert.Equal(("loaded", 2), ((string?)(await RowAsync())?["state"], (int?)(await RowAsync())?["generation"]));

            await File.WriteAllTextAsync(_plugins.File, "{ not JSON", Token);
            Assert.Equal("loaded", (string?)(await RowAsync())?["state"]);
            var refused = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", "disable", "good", "--data", _plugins.Data);
            Assert.Equal((1, ""), (refused.Exit, refused.Output));
            Assert.Contains("is not JSON", refused.Error, StringComparison.Ordinal);

            _plugins.List(("good", "good-2"));
            Assert.Equal("disabled", (string?)(await OnHostAsync("disable", "good"))["state"]);
            await host.StopAsync(Token);
        }

        // No host runs: the file itself is read and changed.
        Assert.Equal("disabled", (string?)(await RowAsync())?["state"]);
        Assert.Equal("loadable", (string?)(await OnHostAsync("enable", "good"))["state"]);
        Assert.Equal(64, ((string?)(await OnHostAsync("pin", "good"))["sha256"])?.Length);
        Assert.Equal(0, (await OnFileAsync("verify")).Exit);
        await File.AppendAllTextAsync(Path.Combine(_plugins.Of("good-2"), "driver.json"), " ", Token);
        var verified = await OnFileAsync("verify");
        Assert.Equal(3, verified.Exit);
        Assert.Contains("is pinned to", verified.Output, StringComparison.Ordinal);
        var inspected = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", "inspect", _plugins.Of("good-1"), "--json");
        Assert.Equal((0, "1.2.3"), (inspected.Exit, (string?)JsonNode.Parse(inspected.Output)!["version"]));
        var none = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", "inspect", _plugins.Root, "--json");
        Assert.Equal(3, none.Exit);
        Assert.Contains("There is no driver.json", none.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _plugins.Dispose();

    private Task<CommandProcess> OnFileAsync(string verb) => CommandProcess.RunAsync(HostProcess.NoSettings, Token, "plugins", verb, "--plugins", _plugins.File, "--json");

    /// <summary>A verb that finds the host by the data folder, or where none runs the file.</summary>
    private async Task<JsonNode> OnHostAsync(params string[] verb)
    {
        var done = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["plugins", .. verb, "--data", _plugins.Data, "--plugins", _plugins.File, "--json"]);
        Assert.Equal((0, ""), (done.Exit, done.Error));
        return JsonNode.Parse(done.Output)!;
    }

    private async Task<JsonNode?> RowAsync() => (await OnHostAsync("list"))["items"]!.AsArray().FirstOrDefault(static row => (string?)row!["id"] == "good");

    /// <summary>A package that only says what it is: nothing more of it is asked for.</summary>
    private void Feed(string file, string id, string version)
    {
        Directory.CreateDirectory(_plugins.Of("../feed"));
        using var archive = ZipFile.Open(Path.Combine(_plugins.Of("../feed"), file), ZipArchiveMode.Create);
        using var nuspec = new StreamWriter(archive.CreateEntry($"{id}.nuspec").Open());
        nuspec.Write($"<package><metadata><id>{id}</id><version>{version}</version><authors>a</authors><description>d</description></metadata></package>");
    }

    private async Task UntilAsync(Func<JsonNode?, bool> holds)
    {
        while (!holds(await RowAsync()))
        {
            await Task.Delay(100, Token);
        }
    }
}
