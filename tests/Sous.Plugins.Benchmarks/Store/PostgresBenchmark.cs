using System.Diagnostics;
using System.Globalization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>The change store of several hosts beside bare Npgsql on the same server, its commits durable: pages of 500, one after another.</summary>
internal static class PostgresBenchmark
{
    private const int PagesARound = 8;
    private const double Goal = 0.7;

    /// <returns>0 where every ratio reaches the goal, else 3.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        if (PostgresServer.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 1;
        }

        var rounds = Sampling.Option(options, "--rounds", 7);
        var preload = Sampling.Option(options, "--preload", 20_000);
        await using var server = await PostgresServer.StartAsync("-c fsync=on -c full_page_writes=on -c autovacuum=on -c shared_buffers=256MB -c max_wal_size=4GB");
        await using var database = await PostgresDatabase.OpenAsync(await server.CreateAsync(null, CancellationToken.None), CancellationToken.None);
        await database.MakeTablesAsync(CancellationToken.None);
        var store = new PostgresChangeStore(database, new PostgresOutbox(database), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        await using var ours = await OurStore.OpenAsync(store);
        await using var bare = await BarePostgres.OpenAsync(await server.CreateAsync(null, CancellationToken.None));
        var workload = new Workload(seed: 1);
        for (var stored = 0; stored < preload; stored += Workload.PageSize)
        {
            await CommitAsync(ours, bare, [workload.NewPage()]);
        }

        List<double>[] inserts = [[], []], updates = [[], []];
        for (var round = 0; round < rounds; round++)
        {
            Keep(inserts, await CommitAsync(ours, bare, [.. Enumerable.Range(0, PagesARound).Select(_ => workload.NewPage())]));
            Keep(updates, await CommitAsync(ours, bare, [.. Enumerable.Range(0, PagesARound).Select(_ => workload.ChangedPage())]));
        }

        return Report(rounds, preload, ("insert", inserts), ("update", updates));
    }

    /// <returns>Records a second of each.</returns>
    private static async Task<(double Ours, double Bare)> CommitAsync(OurStore ours, BarePostgres bare, RecordChange[][] pages) => (
        await MeasureAsync(pages, async page => _ = await ours.CommitAsync(page, $"checkpoint-{Guid.NewGuid()}")),
        await MeasureAsync(pages, page => bare.CommitAsync(page, $"checkpoint-{Guid.NewGuid()}")));

    private static async Task<double> MeasureAsync(RecordChange[][] pages, Func<RecordChange[], Task> commit)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var page in pages)
        {
            await commit(page);
        }

        return pages.Length * Workload.PageSize / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void Keep(List<double>[] series, (double Ours, double Bare) measured)
    {
        series[0].Add(measured.Ours);
        series[1].Add(measured.Bare);
    }

    private static int Report(int rounds, int preload, params ReadOnlySpan<(string Name, List<double>[] Series)> all)
    {
        Console.WriteLine($"{preload} records there already, bodies of 1.4 kB, pages of {Workload.PageSize} with their checkpoint in one durable commit; medians of {rounds} interleaved rounds");
        Console.WriteLine($"{"records a second",-18}{"store",12}{"bare, same rows",18}{"ratio",8}");
        var worst = double.MaxValue;
        foreach (var (name, series) in all)
        {
            var (ours, bare) = (Sampling.Median(series[0]), Sampling.Median(series[1]));
            worst = Math.Min(worst, ours / bare);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18}{ours,12:0}{bare,18:0}{ours / bare,8:0.00}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"goal: {Goal:0.00} of bare with the same rows; worst ratio {worst:0.00}"));
        return worst >= Goal ? 0 : 3;
    }
}
