using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Freshness;

/// <summary>How old the newest whole fetch of a scope may be: as somebody set it, else up to the next one by the schedule and what a run and some retries take.</summary>
internal readonly record struct FreshnessObjective(Sync Sync, TimeZoneInfo Zone, Jitter Jitter, TimeSpan Margin)
{
    /// <returns>When what was fetched up to <paramref name="through"/> is stale; null where the schedule never asks for more.</returns>
    public DateTimeOffset? StaleAfter(DateTimeOffset through)
    {
        if (Sync.FreshWithin is { } within)
        {
            return through + within;
        }

        // An expression that cannot be read asks for nothing that could be waited for.
        return CronSchedule.TryParse(Sync.Schedule, out var schedule, out _) ? schedule.Next(through, Zone, Sync.QuietHours, Jitter) + Margin : through;
    }
}
