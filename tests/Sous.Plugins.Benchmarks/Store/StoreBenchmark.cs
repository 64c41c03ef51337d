using System.Diagnostics;
using System.Globalization;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>The change store beside bare Microsoft.Data.Sqlite on the same disk: pages of 500 in one durable commit each, and feed reads.</summary>
internal static class StoreBenchmark
{
    private const int PagesARound = 8;
    private const int ReadLimit = 1000;
    private const double Goal = 0.8;

    /// <returns>0 where every ratio that has a goal reaches it, else 3.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        var rounds = Sampling.Option(options, "--rounds", 9);
        var preload = Sampling.Option(options, "--preload", 100_000);
        var folder = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            await using var ours = await OurStore.OpenAsync(Path.Combine(folder.FullName, "ours.db"));
            using var rows = new BareRows(Path.Combine(folder.FullName, "rows.db"));
            using var table = new BareTable(Path.Combine(folder.FullName, "table.db"));
            var workload = new Workload(seed: 1);
            for (var stored = 0; stored < preload; stored += Workload.PageSize)
            {
                await CommitAsync(ours, rows, table, [workload.NewPage()], []);
            }

            var samples = new Dictionary<string, List<double>[]>();
            for (var round = 0; round < rounds; round++)
            {
                var inserts = Pages(workload.NewPage);
                await CommitAsync(ours, rows, table, inserts, Series("insert"));
                await CommitAsync(ours, rows, table, Pages(workload.ChangedPage), Series("update"));
                await MeasureReadsAsync(ours, rows, Series("feed read"));
            }

            return Report(samples, preload);

            List<double>[] Series(string name) => samples.TryGetValue(name, out var series) ? series : samples[name] = [[], [], []];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static RecordChange[][] Pages(Func<RecordChange[]> make) => [.. Enumerable.Range(0, PagesARound).Select(_ => make())];

    private static async Task CommitAsync(OurStore ours, BareRows rows, BareTable table, RecordChange[][] pages, List<double>[] series)
    {
        await MeasureAsync(0, pages.Length * Workload.PageSize, async () =>
        {
            foreach (var page in pages)
            {
                var result = await ours.CommitAsync(page, $"checkpoint-{Guid.NewGuid()}");
                if (result.Inserted + result.Updated != page.Length)
                {
                    throw new InvalidOperationException($"The store took {result} for a page of {page.Length}.");
                }
            }
        });
        await MeasureAsync(1, pages.Length * Workload.PageSize, () => CommitBare(rows));
        await MeasureAsync(2, pages.Length * Workload.PageSize, () => CommitBare(table));

        Task CommitBare(BareSqlite bare)
        {
            foreach (var page in pages)
            {
                bare.Commit(page, $"checkpoint-{Guid.NewGuid()}");
            }

            return Task.CompletedTask;
        }

        Task MeasureAsync(int index, int count, Func<Task> work) => index < series.Length ? TimeAsync(series[index], count, work) : work();
    }

    private static async Task MeasureReadsAsync(OurStore ours, BareRows rows, List<double>[] series)
    {
        var count = rows.ReadAll(ReadLimit);
        await TimeAsync(series[0], count, async () => Check(await ours.ReadAllAsync(ReadLimit), count));
        await TimeAsync(series[1], count, () => Task.FromResult(rows.ReadAll(ReadLimit)));
    }

    private static void Check(int read, int expected)
    {
        if (read != expected)
        {
            throw new InvalidOperationException($"Read {read} entries of {expected}.");
        }
    }

    private static async Task TimeAsync(List<double> perSecond, int count, Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        perSecond.Add(count / Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static int Report(Dictionary<string, List<double>[]> samples, int preload)
    {
        Console.WriteLine($"{preload} records there already, bodies of 1.4 kB, pages of {Workload.PageSize} with their checkpoint in one durable commit; medians of {samples["insert"][0].Count} interleaved rounds");
        Console.WriteLine($"{"records a second",-18}{"store",12}{"bare, same rows",18}{"ratio",8}{"bare, one table",18}{"ratio",8}");
        var worst = double.MaxValue;
        foreach (var (name, series) in samples)
        {
            var medians = series.Where(static values => values.Count > 0).Select(Sampling.Median).ToArray();
            worst = Math.Min(worst, medians[0] / medians[1]);
            var beside = medians[1..].Select(bare => string.Create(CultureInfo.InvariantCulture, $"{bare,18:0}{medians[0] / bare,8:0.00}"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18}{medians[0],12:0}{string.Concat(beside)}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"goal: {Goal:0.00} of bare with the same rows; worst ratio {worst:0.00}"));
        return worst >= Goal ? 0 : 3;
    }
}
