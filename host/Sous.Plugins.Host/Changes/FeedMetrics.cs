using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Changes;

/// <summary>How the change feed grows.</summary>
internal sealed class FeedMetrics(IMeterFactory meters, IChangeStore store)
{
    private readonly Gauge<long> _head = meters.Create(HostMeter.Name).CreateGauge<long>("sous.feed.head", "{change}", "The newest positions in the change feed, of all tenants together.");

    public async Task ReadAsync(CancellationToken cancellationToken) => _head.Record(await store.SumHeadsAsync(cancellationToken));
}
