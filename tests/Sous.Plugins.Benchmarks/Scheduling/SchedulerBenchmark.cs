using System.Diagnostics;
using System.Globalization;
using Sous.Plugins.Benchmarks.Harnesses;
using Sous.Plugins.Benchmarks.Scheduling.Peers;

namespace Sous.Plugins.Benchmarks.Scheduling;

/// <summary>
/// Our scheduler, queue and runner on real stores beside Quartz.NET, Hangfire and Coravel in memory and BullMQ on Redis: each figure of
/// each in a process of its own. Peers run nothing and record nothing; ours records the begin and the end of each run durably.
/// </summary>
internal static class SchedulerBenchmark
{
    private const string Ours = "ours";
    private const string Bull = "bullmq";
    private const double MostBytes = 300;
    private const double MostLate = 10;
    private const double LeastRuns = 1000;

    private static readonly string[] s_peers = ["quartz", "hangfire", "coravel", Bull];

    public static async Task<int> RunAsync(string[] options)
    {
        switch (options)
        {
            case ["--fill", var root, var schedules]:
                await using (var rooms = OurRooms.Open(root, places: 8))
                {
                    await rooms.FillAsync(Number(schedules) / 2);
                }

                return 0;
            case ["--once", var engine, var figure, var count]:
                Figures.Print(await OnceAsync(engine, figure, Number(count)));
                return 0;
            default:
                return await CompareAsync(Sampling.Option(options, "--rounds", 3), Sampling.Option(options, "--schedules", 100_000));
        }
    }

    private static async Task<int> CompareAsync(int rounds, int schedules)
    {
        using var bull = Redis.TryOpen(isDurable: false, out var missing);
        if (bull is null)
        {
            Console.Error.WriteLine(missing);
        }

        var engines = s_peers.Where(peer => bull is not null || peer != Bull).Prepend(Ours).ToList();
        var few = await MeasureAsync(bull, engines, "register", 10_000, rounds);
        Tell("registration of 10,000 a second", few, "per second");
        Tell("bytes a schedule, of 10,000", few, "bytes");
        var many = await MeasureAsync(bull, engines, "register", schedules, 1);
        Tell($"registration of {schedules:N0} a second", many, "per second");
        Tell($"bytes a schedule, of {schedules:N0}", many, "bytes");
        Tell("set one by one by 256 callers, durably, a second", await MeasureAsync(bull, [Ours], "set", 10_000, rounds), "per second");
        var late = await MeasureAsync(bull, engines, "lateness", 10_000, rounds);
        foreach (var part in (string[])["p50", "p99", "p99.9"])
        {
            Tell($"1,000 of 10,000 due at once: late by ms, {part}", late, part);
            Tell($"  until the driver is called, the run recorded, {part}", late, $"driver {part}");
        }

        var runs = await MeasureAsync(bull, engines, "runs", 10_000, rounds);
        Tell("runs a second: ours recorded, the others' not", runs, "per second");
        bool[] met =
        [
            Goal("bytes a schedule", many[Ours]["bytes"], MostBytes, isMost: true),
            Goal("ms late, p99", late[Ours]["p99"], Math.Min(MostLate, Best(late, "p99") / 20), isMost: true),
            Goal("recorded runs a second", runs[Ours]["per second"], LeastRuns, isMost: false),
            bull is null || Goal("times BullMQ's registration", few[Ours]["per second"] / few[Bull]["per second"], 10, isMost: false),
        ];
        return met.All(static one => one) ? 0 : 3;
    }

    private static async Task<Dictionary<string, Dictionary<string, double>>> MeasureAsync(Redis? bull, IReadOnlyList<string> engines, string figure, int count, int rounds)
    {
        var samples = engines.ToDictionary(static engine => engine, static _ => new List<Dictionary<string, double>>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var engine in engines)
            {
                samples[engine].Add(engine == Bull && bull is not null ? await bull.MeasureAsync("bullmq.js", figure, count.ToString(CultureInfo.InvariantCulture)) : await Figures.ReadAsync(Self(engine, figure, count)));
            }
        }

        return samples.ToDictionary(static pair => pair.Key, static pair => pair.Value[0].Keys.ToDictionary(static name => name, name => Sampling.Median(pair.Value.Select(one => one[name]))));
    }

    private static void Tell(string what, Dictionary<string, Dictionary<string, double>> figures, string name)
    {
        var told = figures.Where(engine => engine.Value.ContainsKey(name)).Select(engine => string.Create(CultureInfo.InvariantCulture, $"{engine.Key} {engine.Value[name]:N1}"));
        Console.WriteLine($"{what}: {string.Join(" | ", told)}");
    }

    private static bool Goal(string what, double value, double goal, bool isMost)
    {
        var isMet = isMost ? value <= goal : value >= goal;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {value:N1}, goal {(isMost ? "at most" : "at least")} {goal:N1}: {(isMet ? "met" : "missed")}"));
        return isMet;
    }

    private static double Best(Dictionary<string, Dictionary<string, double>> figures, string name)
        => figures.Where(static engine => engine.Key != Ours).Min(engine => engine.Value[name]);

    private static ProcessStartInfo Self(string engine, string figure, int count)
        => new(Environment.ProcessPath ?? "dotnet", [typeof(SchedulerBenchmark).Assembly.Location, "scheduler", "--once", engine, figure, count.ToString(CultureInfo.InvariantCulture)]);

    private static async Task<Dictionary<string, double>> OnceAsync(string engine, string figure, int count)
    {
        if (engine == Ours)
        {
            return await (figure switch
            {
                "register" => OurFigures.RegisterAsync(count),
                "set" => OurFigures.SetAsync(count),
                "lateness" => OurFigures.LatenessAsync(count, count / 10, places: 8),
                _ => OurFigures.RunsAsync(count, places: 8),
            });
        }

        await using ISchedulingPeer peer = engine switch
        {
            "quartz" => await QuartzPeer.OpenInMemoryAsync(),
            "hangfire" => HangfirePeer.OpenInMemory(),
            _ => new CoravelPeer(),
        };
        return await (figure switch
        {
            "register" => PeerFigures.RegisterAsync(peer, count),
            "lateness" => PeerFigures.LatenessAsync(peer, count, count / 10),
            _ => PeerFigures.RunsAsync(peer, count),
        });
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
