using System.Text.Json.Nodes;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Telemetry;

namespace Sous.Plugins.Host.Tests.Cli;

/// <summary><c>sync</c>, on a host that is connected to a simulated Toast.</summary>
public sealed class SyncVerbsTests
{
    [Fact]
    public async Task A_run_that_is_waited_for_shows_people_how_far_it_is_and_programs_its_end_alone()
    {
        await using var synced = await SyncedToast.StartAsync(TestContext.Current.CancellationToken);
        await synced.Host.RunAsync(synced.Connection, "sales");
        string[] verb = ["sync", "now", synced.Connection, "--stream", "sales", "--wait", "--data", synced.Host.Worker.Worker.Get<DataFolder>().Path];

        var shown = await VerbProcess.RunAsync(verb);
        var json = await VerbProcess.RunAsync([.. verb, "--json"]);

        Assert.Equal((0, 0, ""), (shown.Exit, json.Exit, json.Error));
        Assert.StartsWith("sales: ", shown.Error, StringComparison.Ordinal);
        Assert.Equal("completed", (string?)Assert.Single(JsonNode.Parse(json.Output)!["items"]!.AsArray())!["outcome"]);
    }
}
