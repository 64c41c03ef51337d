using System.Diagnostics;

namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>One figure of a peer, in a process of its own.</summary>
internal static class PeerFigures
{
    public static async Task<Dictionary<string, double>> RegisterAsync(ISchedulingPeer peer, int schedules)
    {
        // Once through it before, so that it is compiled.
        await peer.RegisterAsync(1_000_000, 100, Later(), static _ => { });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        await peer.RegisterAsync(0, schedules, Later(), static _ => { });
        var elapsed = Stopwatch.GetElapsedTime(started);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(peer);
        return new() { ["per second"] = schedules / elapsed.TotalSeconds, ["bytes"] = (after - before) / (double)schedules };
    }

    public static async Task<Dictionary<string, double>> LatenessAsync(ISchedulingPeer peer, int schedules, int due)
    {
        await peer.RegisterAsync(due, schedules - due, Later(), static _ => { });
        var called = new List<DateTimeOffset>();
        var minute = TimeSpan.FromMinutes(1).Ticks;
        var at = new DateTimeOffset(((TimeProvider.System.GetUtcNow().Ticks / minute) + 1) * minute, TimeSpan.Zero);
        if (at - TimeProvider.System.GetUtcNow() < TimeSpan.FromSeconds(15))
        {
            at = at.AddMinutes(1);
        }

        await peer.RegisterAsync(0, due, at, now =>
        {
            lock (called)
            {
                called.Add(now);
            }
        });
        await peer.StartAsync();
        var deadline = at.AddMinutes(2);
        while (called.Count < due && TimeProvider.System.GetUtcNow() < deadline)
        {
            await Task.Delay(50);
        }

        lock (called)
        {
            return Lateness.Percentiles(called.Select(now => (now - at).TotalMilliseconds));
        }
    }

    public static async Task<Dictionary<string, double>> RunsAsync(ISchedulingPeer peer, int jobs)
    {
        await peer.StartAsync();
        await RoundAsync(peer, jobs / 10);
        var started = Stopwatch.GetTimestamp();
        return await RoundAsync(peer, jobs) ? new() { ["per second"] = jobs / Stopwatch.GetElapsedTime(started).TotalSeconds } : [];
    }

    private static async Task<bool> RoundAsync(ISchedulingPeer peer, int jobs)
    {
        var left = jobs;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (peer.EnqueueAsync(jobs, () =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                all.SetResult();
            }
        }) is not { } enqueued)
        {
            return false;
        }

        await enqueued;
        await all.Task;
        return true;
    }

    private static DateTimeOffset Later() => new(TimeProvider.System.GetUtcNow().Year + 1, 1, 1, 4, 0, 0, TimeSpan.Zero);
}
