using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Hosts;

/// <summary>What each host tells of itself, whether it works or stands by. Of all hosts together it is 1, but while one takes over.</summary>
internal sealed class HostMetrics
{
    public HostMetrics(IMeterFactory meters, HostState state)
        => meters.Create(HostMeter.Name).CreateObservableGauge("sous.host.works", () => state == HostState.Works ? 1 : 0, "{host}", "Whether the host works (1) or not (0): then it stands by, or helps.");
}
