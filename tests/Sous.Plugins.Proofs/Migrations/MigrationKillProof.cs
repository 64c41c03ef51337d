using System.Diagnostics;
using Npgsql;
using Sous.Plugins.Proofs.Backups;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Migrations;

/// <summary>
/// kill -9 of the verb at random moments, there and back in turn: it is run again until it is through, and then a host has all that it had before, and the
/// side that was left starts none. SOUS_KILLS says how often (10), SOUS_SEED repeats a run's choices.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MigrationKillProof(ITestOutputHelper output)
{
    private const int KillsAWay = 4;

    private readonly int _kills = Setting.Of("SOUS_KILLS", 10);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_and_run_again_it_loses_and_doubles_nothing()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        await using var live = await LiveHost.StartAsync(orders: 1_000);
        await live.Platform.RestAsync(Token);
        await live.Platform.SettleAsync(Token);
        var told = await Told.ByAsync(live, Token);
        await live.Process.StopAsync(Token);
        var database = await (await PostgresServer.SharedAsync()).CreateAsync(null, Token);
        var random = new Random(_seed);
        var (cut, amid, ways, isInPostgres) = (0, 0, 0, false);

        // How long a whole one takes, there and back.
        live.Configuration["Postgres"] = database;
        var began = Stopwatch.GetTimestamp();
        await MigrateAsync(live, "postgres");
        var took = Stopwatch.GetElapsedTime(began);
        await MigrateAsync(live, "embedded");
        while (cut < _kills)
        {
            var to = isInPostgres ? "embedded" : "postgres";
            live.Configuration["Postgres"] = database;
            for (var (tries, isCut) = (0, true); tries < KillsAWay && isCut && cut < _kills; tries++)
            {
                isCut = await CommandProcess.KillAsync(took * (0.3 + (0.9 * random.NextDouble())), live.Configuration, "migrate", "--to", to, "--data", live.Data);
                cut += isCut ? 1 : 0;

                // However fast the machine is just now, most are to be cut.
                took *= isCut ? 1.1 : 0.7;
                amid += isCut && await IsUnderWayAsync(live, isInPostgres) ? 1 : 0;
            }

            await MigrateAsync(live, to);
            (isInPostgres, ways) = (!isInPostgres, ways + 1);
            if (!isInPostgres)
            {
                live.Configuration.Remove("Postgres");
            }

            await live.StartAsync();
            var now = await Told.ByAsync(live, Token);
            now.AssertHoldsAll(told);
            Assert.Equal(told.Feed.Count, now.Feed.Count);
            told = now;
            await live.Process.StopAsync(Token);
        }

        output.WriteLine($"SOUS_SEED={_seed}: {cut} kills, {amid} of them left a migration under way, over {ways} ways there and back; kills fell up to {took.TotalSeconds * 1.2:F1} s after the start.");
        Assert.True(amid > 0, "No kill left a migration under way: the proof proves less than it says.");
    }

    private static async Task MigrateAsync(LiveHost live, string to)
    {
        var done = await live.RunAsync("migrate", "--to", to, "--data", live.Data);
        Assert.Equal((0, ""), (done.Exit, done.Error));
    }

    private static async Task<bool> IsUnderWayAsync(LiveHost live, bool isInPostgres)
    {
        if (isInPostgres)
        {
            return File.Exists(Path.Combine(live.Data, "migration.json"));
        }

        await using var connection = new NpgsqlConnection(live.Configuration["Postgres"]);
        await connection.OpenAsync(Token);
        await using var tables = new NpgsqlCommand("SELECT to_regclass('sous_plugins.meta') IS NOT NULL", connection);
        await using var mark = new NpgsqlCommand("SELECT count(*) FROM sous_plugins.meta WHERE name = 'migration'", connection);
        return (bool)(await tables.ExecuteScalarAsync(Token))! && (long)(await mark.ExecuteScalarAsync(Token))! == 1;
    }
}
