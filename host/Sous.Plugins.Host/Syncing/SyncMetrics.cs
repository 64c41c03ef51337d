using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How late runs begin, how they end, and what they bring. Safe for any number of threads.</summary>
internal sealed class SyncMetrics
{
    private readonly Histogram<double> _lateness;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _records;

    public SyncMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(HostMeter.Name);
        _lateness = meter.CreateHistogram("sous.run.lateness", "s", "From when a run was due, or wanted, until its turn came.", advice: HostMeter.Minutes);
        _durations = meter.CreateHistogram("sous.run.duration", "s", "From when a run began until it ended.", advice: HostMeter.Minutes);
        _records = meter.CreateCounter<long>("sous.run.records", "{record}", "Records that runs stored, found unchanged, deleted or held.");
    }

    /// <summary>Its turn has come.</summary>
    public void Began(ActiveRun run, DateTimeOffset now)
    {
        var late = (now - run.WantedAt).TotalSeconds;
        _lateness.Record(late > 0 ? late : 0, Driver(run), Stream(run), HostMeter.Tag(HostMeter.Trigger, run.Request.Trigger));
    }

    public void Ended(ActiveRun active, SyncRun run)
    {
        var took = (run.EndedAt - run.StartedAt)?.TotalSeconds ?? 0;
        _durations.Record(took > 0 ? took : 0, Driver(active), Stream(active), HostMeter.Tag(HostMeter.Outcome, run.Outcome));
        Count(active, "inserted", run.Inserted);
        Count(active, "updated", run.Updated);
        Count(active, "unchanged", run.Unchanged);
        Count(active, "deleted", run.Deleted);
        Count(active, "held", run.Held);
    }

    private void Count(ActiveRun run, string kind, long records)
    {
        if (records > 0)
        {
            _records.Add(records, Driver(run), Stream(run), HostMeter.Tag(HostMeter.Kind, kind));
        }
    }

    private static KeyValuePair<string, object?> Driver(ActiveRun run) => HostMeter.Tag(HostMeter.Driver, run.Request.Driver.Value);

    private static KeyValuePair<string, object?> Stream(ActiveRun run) => HostMeter.Tag(HostMeter.Stream, run.Request.Key.Stream.Value);
}
