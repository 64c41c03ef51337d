using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>What a host that helps tells of its work; of the one that works it is 0.</summary>
internal sealed class HelpingMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _carriedOut = meters.Create(HostMeter.Name).CreateCounter<long>("sous.host.runs", "{run}", "Runs that the host carried out for the one that works.");

    public void CarriedOut() => _carriedOut.Add(1);
}
