using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>How refreshes end. Safe for any number of threads.</summary>
internal sealed class RefreshMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> _refreshes = meters.Create(HostMeter.Name)
        .CreateHistogram("sous.refresh.duration", "s", "A refresh, from taking its lease until its end is stored.", advice: HostMeter.Seconds);

    public void Ended(DriverId driver, RefreshEnd end, TimeSpan took)
        => _refreshes.Record(took.TotalSeconds, HostMeter.Tag(HostMeter.Driver, driver.Value), HostMeter.Tag(HostMeter.Outcome, end.Outcome));
}
