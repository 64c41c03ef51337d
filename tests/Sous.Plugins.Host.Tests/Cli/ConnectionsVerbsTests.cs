using System.Text.Json.Nodes;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Telemetry;

namespace Sous.Plugins.Host.Tests.Cli;

/// <summary><c>connections</c> and <c>changes</c>, on a host that is connected to a simulated Toast.</summary>
public sealed class ConnectionsVerbsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_is_listed_shown_paused_resumed_and_probed_and_its_changes_are_read()
    {
        await using var synced = await SyncedToast.StartAsync(Token);
        await synced.Host.RunAsync(synced.Connection, "sales");
        var data = synced.Host.Worker.Worker.Get<DataFolder>().Path;
        Task<(int Exit, string Output, string Error)> RunAsync(params string[] verb) => VerbProcess.RunAsync([.. verb, "--data", data]);

        var listed = await RunAsync("connections", "list", "--json");
        var shown = await RunAsync("connections", "show", synced.Connection);
        var probed = await RunAsync("connections", "probe", synced.Connection, "--tenant", "t1");
        var paused = await RunAsync("connections", "pause", synced.Connection);
        var resumed = await RunAsync("connections", "resume", synced.Connection);
        var changes = await RunAsync("changes", "read", "--tenant", "t1", "--stream", "sales");
        var last = JsonNode.Parse(changes.Output.Split('\n')[^1])!;
        var none = await RunAsync("changes", "read", "--tenant", "t1", "--stream", "sales", "--after", $"{last["sequence"]}");

        Assert.Equal(synced.Connection, (string?)JsonNode.Parse(listed.Output)!["items"]![0]!["id"]);
        Assert.Contains("driver: toast", shown.Output, StringComparison.Ordinal);
        Assert.Equal((0, "paused", "ok"), (probed.Exit, paused.Output, resumed.Output));
        Assert.Equal(20, changes.Output.Split('\n').Length);
        Assert.Equal((0, ""), (none.Exit, none.Output));
    }

    [Fact]
    public async Task The_address_for_an_owner_is_printed_and_where_no_owner_is_asked_the_connection()
    {
        await using var host = new Http.WrongInput.WrongInputHost();
        await host.InitializeAsync();

        var square = await VerbProcess.RunAsync(["connections", "connect", "--tenant", "t1", "--driver", "square", "--data", host.Data]);
        var deleted = await VerbProcess.RunAsync(["connections", "delete", host.Connection, "--data", host.Data]);
        var toast = await VerbProcess.RunAsync(["connections", "connect", "--tenant", "t1", "--driver", "toast", "--settings", $$"""{"restaurants":["{{host.Restaurant}}"]}""", "--data", host.Data]);

        Assert.StartsWith($"{host.Client.BaseAddress}connect/", square.Output, StringComparison.Ordinal);
        Assert.Equal((0, 0), (square.Exit, deleted.Exit));
        Assert.StartsWith("con_", toast.Output, StringComparison.Ordinal);
    }
}
