using System.Globalization;
using System.Runtime.InteropServices;
using Sous.Plugins.Benchmarks.Harnesses;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>
/// A first sync of all orders through the real parts, beside the slower of two limits: a loop that fetches the same and
/// keeps nothing, and a store that takes the same rows and fetches nothing; and beside the same job on Node, BullMQ, Square's SDK and Redis.
/// </summary>
internal static class BackfillBenchmark
{
    private const double Goal = 0.7;
    private const double NodeGoal = 5;
    private const double SimulatorLead = 3;
    private static readonly string[] Ways = ["ours, the whole path", "bare loop, keeps nothing", "bare SQLite, same rows", "simulator alone", "Node, BullMQ, SDK, Redis"];

    /// <returns>0 where the goal is reached and the simulator is fast enough to say so, else 3.</returns>
    public static async Task<int> RunAsync(string[] options)
    {
        var asked = Sampling.Option(options, "--orders", 200_000);
        var rounds = Sampling.Option(options, "--rounds", 3);
        await using var simulated = await Simulated.StartAsync(asked);
        var orders = await simulated.ReadOrderIdsAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{orders.Count} orders, {rounds} rounds, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, load {Load()}{Unoptimized()}"));
        var samples = Ways.Select(static _ => new List<Measure>()).ToArray();
        var real = new RealPath(simulated);
        Replay? replay = null;
        for (var round = 0; round < rounds; round++)
        {
            var folder = Directory.CreateTempSubdirectory("sous-bench-").FullName;
            try
            {
                var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
                samples[0].Add(await real.SyncAsync(data, orders.Count));
                replay ??= await RecordAsync(simulated);
                samples[1].Add(await replay.WalkAsync());
                var rows = new StoredRows(data);
                samples[2].Add(rows.CopyTo(Path.Combine(folder, "bare.db")));
                Check(rows, orders);
                samples[3].Add(await replay.ReadAsync());
                if (await NodePath.TrySyncAsync(simulated, orders.Count) is { } node)
                {
                    samples[4].Add(node);
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: {string.Join(", ", samples.Where(static way => way.Count > 0).Select(way => $"{way[^1].Elapsed.TotalSeconds:0.0} s"))}; {replay.Requests} requests, {replay.Bytes >> 10} KiB; a record has {rows.MeanBody} bytes and {rows.MeanRaw} of Raw; load {Load()}"));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return Report(samples, orders.Count);
    }

    private static async Task<Replay> RecordAsync(Simulated simulated)
    {
        var replay = await simulated.RecordAsync();
        // The host has had its start by now; the loop gets its own.
        await replay.WalkAsync();
        return replay;
    }

    private static void Check(StoredRows rows, HashSet<string> orders)
    {
        if (!orders.SetEquals(rows.Ids))
        {
            throw new InvalidOperationException($"The host stored {rows.Ids.Count} sales; the simulator has {orders.Count} orders, {orders.Count(rows.Ids.Contains)} of them stored.");
        }
    }

    private static int Report(List<Measure>[] samples, int orders)
    {
        samples = [.. samples.Where(static way => way.Count > 0)];
        var speeds = samples.Select(way => Sampling.Median(way.Select(measure => orders / measure.Elapsed.TotalSeconds))).ToArray();
        Console.WriteLine($"{"medians",-28}{"orders/s",10}{"ours is",10}{"processor, µs an order",26}");
        for (var way = 0; way < samples.Length; way++)
        {
            var processor = Sampling.Median(samples[way].Select(measure => measure.Processor.TotalMicroseconds / orders));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Ways[way],-28}{speeds[way],10:0}{speeds[0] / speeds[way],10:0.00}{processor,26:0}"));
        }

        var ratio = speeds[0] / Math.Min(speeds[1], speeds[2]);
        var lead = speeds[3] / speeds[0];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours is {ratio:0.00} of the slower bare one; goal {Goal:0.00}: {(ratio >= Goal ? "reached" : "missed")}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the simulator is {lead:0.0} times as fast as ours; needed {SimulatorLead:0}: {(lead >= SimulatorLead ? "yes" : "no, so it may be what held ours up")}"));
        var times = speeds.Length > 4 ? speeds[0] / speeds[4] : NodeGoal;
        if (speeds.Length > 4)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours is {times:0.0} times as fast as Node's; goal {NodeGoal:0}: {(times >= NodeGoal ? "reached" : "missed")}"));
        }

        return ratio >= Goal && times >= NodeGoal && lead >= SimulatorLead ? 0 : 3;
    }

    // The machine's own figure tells a reader whether it had anything else to do.
    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Unoptimized()
    {
#if DEBUG
        return ", NOT OPTIMIZED: build with -c Release";
#else
        return "";
#endif
    }
}
