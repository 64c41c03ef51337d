using System.Globalization;
using Sous.Plugins.Benchmarks.Harnesses;
using Sous.Plugins.Host.Cli.Demo;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>The same first sync by an application on Node: BullMQ, Square's own SDK, and a Redis that has each page on disk before it answers.</summary>
internal static class NodePath
{
    /// <returns>Null where something is missing; what, is told on stderr.</returns>
    public static async Task<Measure?> TrySyncAsync(Simulated simulated, int orders)
    {
        using var redis = Redis.TryOpen(isDurable: true, out var missing);
        if (redis is null)
        {
            await Console.Error.WriteLineAsync(missing);
            return null;
        }

        var before = redis.Processor;
        var now = TimeProvider.System.GetUtcNow();
        var figures = await redis.MeasureAsync(
            "backfill.js", simulated.Address.GetLeftPart(UriPartial.Authority), await simulated.IssueTokenAsync(), Instant(now.AddDays(-DemoWalk.HistoryDays - 2)), Instant(now));
        var processor = TimeSpan.FromSeconds(figures["processor"]) + redis.Processor - before;
        return figures["records"] == orders && figures["changes"] == orders
            ? new Measure(TimeSpan.FromSeconds(figures["seconds"]), processor)
            : throw new InvalidOperationException($"Node stored {figures["records"]} sales and told {figures["changes"]}; the simulator has {orders} orders.");
    }

    private static string Instant(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
