using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Sous.Plugins.Benchmarks.Harnesses;
using Sous.Plugins.Benchmarks.Scheduling.Peers;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Benchmarks.Scheduling;

/// <summary>
/// Runs that do nothing, on PostgreSQL, whose commits are durable: ours through queue and runner, each begun and ended in the database; a bare loop that
/// writes the same rows; and Hangfire and Quartz.NET, clustered, with their stores in a database of the same server. Each in a process of its own, in turn.
/// </summary>
internal static class ClusteredBenchmark
{
    private const int Places = 8;
    private const double GoalOfBare = 0.7;
    private const double GoalOfPeers = 10;

    private static readonly string[] s_engines = ["ours", "bare", "hangfire", "quartz"];

    /// <returns>0 where both goals are reached, else 3.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        if (options is ["--once", var engine, var database, var count])
        {
            Figures.Print(await OnceAsync(engine, database, int.Parse(count, CultureInfo.InvariantCulture)));
            return 0;
        }

        if (PostgresServer.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 1;
        }

        var (runs, rounds) = (Sampling.Option(options, "--runs", 2_000), Sampling.Option(options, "--rounds", 3));
        await using var server = await PostgresServer.StartAsync("-c fsync=on -c full_page_writes=on -c autovacuum=on -c shared_buffers=256MB -c max_wal_size=4GB");
        var figures = s_engines.ToDictionary(static name => name, static _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var name in s_engines)
            {
                var process = new ProcessStartInfo(
                    Environment.ProcessPath ?? "dotnet",
                    [typeof(ClusteredBenchmark).Assembly.Location, "clustered", "--once", name, await server.CreateAsync(null, CancellationToken.None), runs.ToString(CultureInfo.InvariantCulture)]);
                figures[name].Add((await Figures.ReadAsync(process))["per second"]);
            }
        }

        var medians = figures.ToDictionary(static one => one.Key, static one => Sampling.Median(one.Value));
        Console.WriteLine($"runs a second, {runs} of them, {Places} at once (Hangfire 20): {string.Join(" | ", medians.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value:N0}")))}");
        var (ofBare, ofPeers) = (medians["ours"] / medians["bare"], medians["ours"] / Math.Max(medians["hangfire"], medians["quartz"]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"of the bare loop: {ofBare:0.00}, goal {GoalOfBare:0.00}; times the faster of Hangfire and Quartz.NET: {ofPeers:0.0}, goal {GoalOfPeers:0}"));
        return ofBare >= GoalOfBare && ofPeers >= GoalOfPeers ? 0 : 3;
    }

    private static async Task<Dictionary<string, double>> OnceAsync(string engine, string database, int runs)
    {
        switch (engine)
        {
            case "ours":
                return await OurFigures.SharedRunsAsync(database, runs, Places);
            case "bare":
                return await BareAsync(database, runs);
            default:
                await using (ISchedulingPeer peer = engine == "hangfire" ? HangfirePeer.OpenShared(database) : await QuartzPeer.OpenSharedAsync(database, Places))
                {
                    return await PeerFigures.RunsAsync(peer, runs);
                }
        }
    }

    /// <summary>A row for each run, committed when it begins and again when it ends.</summary>
    private static async Task<Dictionary<string, double>> BareAsync(string database, int runs)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using (var create = source.CreateCommand("""
            CREATE TABLE runs(
                no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL,
                fence bigint NOT NULL, outcome text COLLATE "C" NOT NULL, reason text, started_at bigint NOT NULL, ended_at bigint) WITH (fillfactor = 80);
            CREATE INDEX runs_connection ON runs(connection, no);
            CREATE INDEX runs_open ON runs(no) WHERE ended_at IS NULL;
            """))
        {
            await create.ExecuteNonQueryAsync();
        }

        await RoundAsync(source, 0, runs / 10);
        var started = Stopwatch.GetTimestamp();
        await RoundAsync(source, runs, runs);
        return new() { ["per second"] = runs / Stopwatch.GetElapsedTime(started).TotalSeconds };
    }

    private static Task RoundAsync(NpgsqlDataSource source, int first, int runs)
    {
        var next = first - 1;
        return Task.WhenAll(Enumerable.Range(0, Places).Select(async _ =>
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var begin = new NpgsqlCommand("INSERT INTO runs(id, connection, stream, fence, outcome, started_at) VALUES ($1, $2, 'sales', $3, 'Running', $4)", connection)
            {
                Parameters = { new NpgsqlParameter<string>(), new NpgsqlParameter<string>(), new NpgsqlParameter<long>(), new NpgsqlParameter<long>() },
            };
            await using var end = new NpgsqlCommand("UPDATE runs SET outcome = 'Completed', ended_at = $2 WHERE id = $1", connection) { Parameters = { new NpgsqlParameter<string>(), new NpgsqlParameter<long>() } };
            await begin.PrepareAsync();
            await end.PrepareAsync();
            while (Interlocked.Increment(ref next) is var number && number < first + runs)
            {
                (begin.Parameters[0].Value, begin.Parameters[1].Value, begin.Parameters[2].Value, begin.Parameters[3].Value) = ($"run_{number:D22}", $"con_{number:D22}", (long)number, Stopwatch.GetTimestamp());
                await begin.ExecuteNonQueryAsync();
                (end.Parameters[0].Value, end.Parameters[1].Value) = ($"run_{number:D22}", Stopwatch.GetTimestamp());
                await end.ExecuteNonQueryAsync();
            }
        }));
    }
}
