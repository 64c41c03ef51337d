using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Backups;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Migrations;

/// <summary>A host's data goes into PostgreSQL and back, by the verb, and a real host goes on with it on either side.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MigrationProof
{
    private const string Password = "SOUSCANARY-postgres";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_goes_on_in_the_database_and_back_in_files_where_it_was_and_the_side_that_was_left_starts_none()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        await using var receiver = await WebhookReceiver.StartAsync(Token);
        await using var live = await LiveHost.StartAsync(orders: 500);
        var wish = new JsonObject { ["url"] = receiver.Address.AbsoluteUri, ["events"] = new JsonArray("connection.*"), ["after"] = 0 };
        var subscription = (string)(await live.Platform.Client.PostAsync("api/v1/tenants/demo/subscriptions", wish, Token))["id"]!;
        await live.Platform.RestAsync(Token);
        await live.Platform.SettleAsync(Token);
        await live.Platform.SettleDeliveriesAsync(subscription, Token);
        var inFiles = await Told.ByAsync(live, Token);
        Assert.True(inFiles.Feed.Count > 500 && !receiver.Taken.IsEmpty);
        var database = $"{await (await PostgresServer.SharedAsync()).CreateAsync(null, Token)};Password={Password}";
        Assert.Equal(0, await live.Process.StopAsync(Token));

        // There.
        live.Configuration["Postgres"] = database;
        await MigrateAsync(live, "postgres");
        live.Configuration.Remove("Postgres");
        await RefusedAsync(live, "was moved to the database");
        live.Configuration["Postgres"] = database;
        await live.StartAsync();
        var inPostgres = await Told.ByAsync(live, Token);
        inPostgres.AssertHoldsAll(inFiles);
        await ResetAsync(live, 1, inFiles.Feed.Count);
        await WorksAsync(live);
        inPostgres = await Told.ByAsync(live, Token);
        var (_, told) = await PositionsAsync(live);
        Assert.Equal(0, await live.Process.StopAsync(Token));

        // And back.
        await MigrateAsync(live, "embedded");
        await RefusedAsync(live, "was moved to the data folder");
        live.Configuration.Remove("Postgres");
        await live.StartAsync();
        (await Told.ByAsync(live, Token)).AssertHoldsAll(inPostgres);
        await ResetAsync(live, 1, told);
        await WorksAsync(live);
        Assert.DoesNotContain("SOUSCANARY", live.Process.Output, StringComparison.Ordinal);
        Assert.Equal(0, await live.Process.StopAsync(Token));
        Assert.Equal(0, (await live.RunAsync("audit", "verify", "--data", live.Data)).Exit);
    }

    [Fact]
    public async Task What_may_not_be_done_is_said_in_a_sentence_and_changes_nothing()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        await using var live = await LiveHost.StartAsync(orders: 100);
        var database = $"{await (await PostgresServer.SharedAsync()).CreateAsync(null, Token)};Password={Password}";
        await FailsAsync(1, "A host runs on", "postgres", live.Data);
        await live.Process.StopAsync(Token);

        await FailsAsync(1, "SOUS_Postgres is not set", "postgres", live.Data);
        live.Configuration["Postgres"] = $"Host=;Nonsense={Password}";
        await FailsAsync(78, "The connection string of the database cannot be read", "postgres", live.Data);
        live.Configuration["Postgres"] = database;
        await FailsAsync(1, "There is nothing to move", "postgres", live.Below("none"));
        await FailsAsync(1, "There is nothing to move", "embedded", live.Below("none"));
        var key = live.Configuration["MasterKey"];
        live.Configuration["MasterKey"] = Convert.ToBase64String(new byte[32]);
        await FailsAsync(78, "was wrapped by master key", "postgres", live.Data);
        live.Configuration["MasterKey"] = key;

        await using (var other = HostProcess.Start(HostProcess.FreeAddress(), live.Below("other"), live.Configuration))
        {
            await other.ReadyAsync(Token);
            await FailsAsync(1, "A host works on the database", "postgres", live.Data);
            await other.StopAsync(Token);
        }

        await FailsAsync(1, "never written over", "postgres", live.Data);
        await FailsAsync(1, "never written over", "embedded", live.Data);
        live.Configuration.Remove("Postgres");
        await live.StartAsync();
        await live.Platform.SettleAsync(Token);

        async Task FailsAsync(int exit, string sentence, string to, string data)
        {
            var failed = await live.RunAsync("migrate", "--to", to, "--data", data);
            Assert.Equal((exit, ""), (failed.Exit, failed.Output));
            Assert.Contains(sentence, failed.Error, StringComparison.Ordinal);
            Assert.Single(failed.Error.Split('\n'));
            Assert.DoesNotContain("SOUSCANARY", failed.Error, StringComparison.Ordinal);
        }
    }

    private static async Task MigrateAsync(LiveHost live, string to)
    {
        var done = await live.RunAsync("migrate", "--to", to, "--data", live.Data, "--json");
        Assert.Equal((0, ""), (done.Exit, done.Error));
        var report = JsonNode.Parse(done.Output)!;
        Assert.All(report["tables"]!.AsArray(), static table => Assert.True((bool)table!["isEqual"]!, table.ToJsonString()));
        Assert.Contains(report["tables"]!.AsArray(), static table => (string?)table!["name"] == "changes" && (long)table["targetRows"]! > 500);
        Assert.DoesNotContain("SOUSCANARY", done.Output, StringComparison.Ordinal);

        // Nothing is left to do, and it says so.
        var again = await live.RunAsync("migrate", "--to", to, "--data", live.Data);
        Assert.Equal((0, ""), (again.Exit, again.Error));
    }

    private static async Task RefusedAsync(LiveHost live, string sentence)
    {
        await using var left = HostProcess.Start(live.Address, live.Data, live.Configuration);
        Assert.Equal(78, await left.WaitForExitAsync(Token));
        Assert.Contains(sentence, left.Output, StringComparison.Ordinal);
    }

    private static async Task ResetAsync(LiveHost live, params long[] positions)
    {
        foreach (var after in positions)
        {
            var reset = await Assert.ThrowsAsync<HostRefusedException>(() => live.Platform.Client.GetAsync($"api/v1/tenants/demo/changes?after={after}", Token));
            Assert.Equal((410, "feed_reset"), (reset.StatusCode, reset.Code));
        }
    }

    private static async Task<(long First, long Last)> PositionsAsync(LiveHost live)
    {
        var sequences = await live.Platform.ReadEntriesAsync(Token).Select(static entry => (long)entry["sequence"]!).ToListAsync(Token);
        return (sequences[0], sequences[^1]);
    }

    /// <summary>It fetches what is new and holds what the service does.</summary>
    private static async Task WorksAsync(LiveHost live)
    {
        await live.Platform.SettleAsync(Token);
        using var platform = live.PlatformOf(live.Process);
        ServiceTruth.AssertHeldBy(await platform.ReadFeedAsync(Token), await ServiceTruth.ReadAsync(live.Service, Token), "moved");
    }
}
