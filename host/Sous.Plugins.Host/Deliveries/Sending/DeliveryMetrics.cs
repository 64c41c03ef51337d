using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>How attempts to deliver end. Safe for any number of threads.</summary>
internal sealed class DeliveryMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _attempts = meters.Create(HostMeter.Name)
        .CreateHistogram("sous.delivery.duration", "s", "An attempt to deliver, until it was answered or given up.", advice: HostMeter.Seconds);

    public void Attempted(DeliveryAttempt attempt, RetryStep step)
        => _attempts.Record(attempt.Took.TotalSeconds, HostMeter.Tag(HostMeter.Outcome, step.State));
}
