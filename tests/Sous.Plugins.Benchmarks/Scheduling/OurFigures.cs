using System.Diagnostics;
using System.Globalization;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Benchmarks.Scheduling;

/// <summary>One figure of ours, in a process of its own.</summary>
internal static class OurFigures
{
    private const int Few = 1000;

    /// <summary>Taking up all schedules at the start, from both stores, with each sync's last run; and what the scheduler keeps in memory for them.</summary>
    public static async Task<Dictionary<string, double>> RegisterAsync(int schedules)
    {
        // Once through it before, so that it is compiled; as the others are.
        _ = schedules > Few ? await RegisterAsync(Few) : [];
        var root = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            await FillAsync(root.FullName, schedules);
            await using var rooms = OurRooms.Open(root.FullName, places: 8);
            // What the registry keeps of its documents once they were read is the registry's.
            await rooms.Registry.ListAsync(Connection.Collection, "", CancellationToken.None);
            await rooms.Registry.ListAsync(MappedLocation.Collection, "", CancellationToken.None);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var started = Stopwatch.GetTimestamp();
            await rooms.StartAsync();
            var elapsed = Stopwatch.GetElapsedTime(started);
            var after = GC.GetTotalMemory(forceFullCollection: true);
            return new() { ["per second"] = schedules / elapsed.TotalSeconds, ["bytes"] = (after - before) / (double)schedules };
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    /// <summary>Schedules set one by one, each durable before the next of its caller: 256 callers.</summary>
    public static async Task<Dictionary<string, double>> SetAsync(int schedules)
    {
        var root = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            await FillAsync(root.FullName, schedules);
            await using var rooms = OurRooms.Open(root.FullName, places: 8);
            await rooms.StartAsync();
            var started = Stopwatch.GetTimestamp();
            await ScheduleAsync(rooms, "0 5 * * *", schedules);
            return new() { ["per second"] = schedules / Stopwatch.GetElapsedTime(started).TotalSeconds };
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    /// <summary>Of 10,000 schedules 1,000 due at one instant: when the run was handed over to wait for a place, and when its driver was called, after it was recorded.</summary>
    public static async Task<Dictionary<string, double>> LatenessAsync(int schedules, int due, int places)
    {
        var root = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            var gate = new TaskCompletionSource();
            var called = new List<double>();
            var at = DateTimeOffset.MaxValue;
            await FillAsync(root.FullName, schedules);
            await using var rooms = OurRooms.Open(root.FullName, places, async () =>
            {
                var late = (TimeProvider.System.GetUtcNow() - at).TotalMilliseconds;
                lock (called)
                {
                    called.Add(late);
                }

                await gate.Task;
            });
            await rooms.StartAsync();
            var ended = 0;
            rooms.Queue.Ended += (_, _) => Interlocked.Increment(ref ended);

            // Once through all of it before, so that it is compiled, as in a host that has run for a while.
            gate.SetResult();
            at = await ScheduleSoonAsync(rooms, due);
            await UntilAsync(() => ended == due);

            // Nothing goes on until all are handed over: so those that wait still say when they were.
            (gate, ended, at) = (new TaskCompletionSource(), 0, await ScheduleSoonAsync(rooms, due));
            await UntilAsync(() => rooms.Queue.Active.Count() == due);
            var handed = rooms.Queue.Active.Where(static run => !run.HasBegun).Select(run => (run.Run.StartedAt - at).TotalMilliseconds).ToList();
            gate.SetResult();
            await UntilAsync(() => ended == due);

            (ended, at) = (0, await ScheduleSoonAsync(rooms, due));
            called.Clear();
            await UntilAsync(() => ended == due);
            return new(Lateness.Percentiles(handed).Concat(Lateness.Percentiles(called, "driver ")));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    /// <summary>Runs from request to end, each begun and ended durably.</summary>
    public static async Task<Dictionary<string, double>> RunsAsync(int runs, int places)
    {
        var root = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            await FillAsync(root.FullName, runs);
            await using var rooms = OurRooms.Open(root.FullName, places);
            await rooms.StartAsync();
            await RoundAsync(rooms, runs);
            var started = Stopwatch.GetTimestamp();
            await RoundAsync(rooms, runs);
            return new() { ["per second"] = runs / Stopwatch.GetElapsedTime(started).TotalSeconds };
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    /// <summary>The same on a database.</summary>
    public static async Task<Dictionary<string, double>> SharedRunsAsync(string connectionString, int runs, int places)
    {
        await using var rooms = await OurRooms.OpenSharedAsync(connectionString, places);
        await rooms.FillAsync(runs / 2);
        await rooms.StartAsync();
        await RoundAsync(rooms, runs);
        var started = Stopwatch.GetTimestamp();
        await RoundAsync(rooms, runs);
        return new() { ["per second"] = runs / Stopwatch.GetElapsedTime(started).TotalSeconds };
    }

    private static async Task RoundAsync(OurRooms rooms, int runs)
    {
        var ended = new List<Task<SyncRun>>();
        for (var number = 0; number < runs / 2; number++)
        {
            foreach (var stream in new[] { StreamName.Sales, StreamName.Catalog })
            {
                var request = new RunRequest(OurRooms.TenantOf(number), new DriverId(NoOpDriver.Id), new SyncKey(OurRooms.ConnectionOf(number), stream), RunTrigger.Schedule);
                ended.Add(rooms.Queue.TryAdd(request, out var run) ? run.Ended : throw new InvalidOperationException("A run is under way already."));
            }
        }

        foreach (var run in await Task.WhenAll(ended))
        {
            if (run.Outcome != SyncOutcome.Completed || run.Fence == 0)
            {
                throw new InvalidOperationException($"A run ended as {run.Outcome}: {run.Reason}");
            }
        }
    }

    /// <summary>In another process: what filling leaves behind in memory would be taken off what the scheduler keeps.</summary>
    private static async Task FillAsync(string root, int schedules)
    {
        using var process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath ?? "dotnet", [typeof(OurFigures).Assembly.Location, "scheduler", "--fill", root, schedules.ToString(CultureInfo.InvariantCulture)])) ?? throw new InvalidOperationException("The folder could not be filled.");
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"Filling the folder ended with {process.ExitCode}.");
        }
    }

    private static async Task<DateTimeOffset> ScheduleSoonAsync(OurRooms rooms, int due)
    {
        // Far enough ahead that all of them are set by then.
        var at = TimeProvider.System.GetUtcNow().AddSeconds(20);
        at = new DateTimeOffset(at.Ticks - (at.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        await ScheduleAsync(rooms, string.Create(CultureInfo.InvariantCulture, $"{at.Second} {at.Minute} {at.Hour} {at.Day} {at.Month} *"), due);
        return at > TimeProvider.System.GetUtcNow() ? at : throw new InvalidOperationException("The machine was too slow to set the schedules in time.");
    }

    private static Task ScheduleAsync(OurRooms rooms, string cron, int syncs) => Parallel.ForEachAsync(
        Enumerable.Range(0, syncs / 2).SelectMany(static number => new[] { (number, StreamName.Sales), (number, StreamName.Catalog) }),
        new ParallelOptions { MaxDegreeOfParallelism = 256 },
        async (key, token) =>
        {
            var sync = new Sync { Connection = OurRooms.ConnectionOf(key.number), Stream = key.Item2, Schedule = cron, TimeZone = "UTC", Enabled = true };
            await rooms.Syncs.SaveAsync(sync, null, AuditEntry.Make(TimeProvider.System.GetUtcNow(), "benchmark", "sync.changed", null, $"{sync.Key}"), token);
            await rooms.Scheduler.ChangedAsync(sync.Connection, token);
        });

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(20);
        }
    }
}
