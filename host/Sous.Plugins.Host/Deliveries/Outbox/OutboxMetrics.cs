using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>What waits in the outbox, and what was given up.</summary>
internal sealed class OutboxMetrics(IMeterFactory meters, IOutbox outbox)
{
    private readonly Gauge<long> _deliveries = meters.Create(HostMeter.Name).CreateGauge<long>("sous.delivery.count", "{delivery}", "Deliveries that wait, and dead ones that are kept.");

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var (pending, dead) = await outbox.CountAsync(cancellationToken);
        _deliveries.Record(pending, HostMeter.Tag(HostMeter.Status, DeliveryState.Pending));
        _deliveries.Record(dead, HostMeter.Tag(HostMeter.Status, DeliveryState.Dead));
    }
}
