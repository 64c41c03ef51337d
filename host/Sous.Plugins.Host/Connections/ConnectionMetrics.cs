using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Connections;

/// <summary>How connections stand.</summary>
internal sealed class ConnectionMetrics(IMeterFactory meters, ConnectionStore connections, ConnectionCondition conditions)
{
    private readonly Gauge<int> _connections = meters.Create(HostMeter.Name).CreateGauge<int>("sous.connection.count", "{connection}", "Connections.");
    private readonly HashSet<DriverId> _seen = [];

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<(DriverId, ConnectionStatus), int>();
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            var key = (connection.Driver, (await conditions(connection, cancellationToken)).Status);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            _seen.Add(connection.Driver);
        }

        // A value that is not told again would stay as it was.
        foreach (var (driver, status) in _seen.SelectMany(static driver => Enum.GetValues<ConnectionStatus>().Select(status => (driver, status))))
        {
            _connections.Record(counts.GetValueOrDefault((driver, status)), HostMeter.Tag(HostMeter.Driver, driver.Value), HostMeter.Tag(HostMeter.Status, status));
        }
    }
}
