using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Freshness;

/// <summary>How many scopes there are, and how many of them miss their objective.</summary>
internal sealed class FreshnessMetrics
{
    private readonly Dictionary<(DriverId Driver, StreamName Stream), int> _counts = [];
    private readonly ConnectionStore _connections;
    private readonly SyncDirectory _syncs;
    private readonly FreshnessViews _views;
    private readonly Gauge<int> _scopes;
    private readonly Gauge<int> _stale;

    public FreshnessMetrics(IMeterFactory meters, ConnectionStore connections, SyncDirectory syncs, FreshnessViews views)
    {
        (_connections, _syncs, _views) = (connections, syncs, views);
        var meter = meters.Create(HostMeter.Name);
        _scopes = meter.CreateGauge<int>("sous.scope.count", "{scope}", "Scopes that are synced.");
        _stale = meter.CreateGauge<int>("sous.scope.stale", "{scope}", "Scopes that miss their freshness objective.");
    }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var stale = new Dictionary<(DriverId, StreamName, Trouble), int>();
        foreach (var key in _counts.Keys)
        {
            _counts[key] = 0;
        }

        foreach (var connection in (await _connections.ListAsync(cancellationToken)).Where(static connection => !connection.IsOver))
        {
            foreach (var sync in await _syncs.ListAsync(connection, cancellationToken))
            {
                var key = (connection.Driver, sync.Stream);
                var scopes = await _views.ListAsync(connection, sync, cancellationToken);
                _counts[key] = _counts.GetValueOrDefault(key) + scopes.Count;
                foreach (var trouble in scopes.Where(static scope => scope.State == FreshnessState.Stale).Select(static scope => scope.Trouble ?? Trouble.Waiting))
                {
                    stale[(key.Driver, key.Stream, trouble)] = stale.GetValueOrDefault((key.Driver, key.Stream, trouble)) + 1;
                }
            }
        }

        Tell(stale);
    }

    // With those that there are none of any more: a value that is not told again would stay as it was.
    private void Tell(Dictionary<(DriverId, StreamName, Trouble), int> stale)
    {
        foreach (var ((driver, stream), count) in _counts)
        {
            var (driverTag, streamTag) = (HostMeter.Tag(HostMeter.Driver, driver.Value), HostMeter.Tag(HostMeter.Stream, stream.Value));
            _scopes.Record(count, driverTag, streamTag);
            foreach (var trouble in Enum.GetValues<Trouble>())
            {
                _stale.Record(stale.GetValueOrDefault((driver, stream, trouble)), driverTag, streamTag, HostMeter.Tag(HostMeter.Trouble, trouble));
            }
        }
    }
}
