using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>How refreshes end. Safe for any number of threads.</summary>
internal sealed class RefreshMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _refreshes = meters.Create(HostMeter.Name)
        .CreateHistogram("sous.refresh.duration", "s", "A refresh, from taking its lease until its end is stored.", advice: HostMeter.Seconds);

    public void Ended(DriverId driver, RefreshEnd end, TimeSpan took)
    {
        var outcome = end switch
        {
            { Credential: not null } => SyncOutcome.Completed,
            { Failure: FailureKind.Unauthorized } => SyncOutcome.NeedsReconnect,
            { Failure: FailureKind.Misconfigured } => SyncOutcome.NeedsAttention,
            _ => SyncOutcome.RetryLater,
        };
        _refreshes.Record(took.TotalSeconds, HostMeter.Tag(HostMeter.Driver, driver.Value), HostMeter.Tag(HostMeter.Outcome, outcome));
    }
}
