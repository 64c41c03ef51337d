using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What somebody wants a sync to be, as the API reads it.</summary>
internal sealed record SyncChange(string? Schedule, string? TimeZone, bool? Enabled, QuietHoursView? QuietHours)
{
    /// <returns>What is wrong with it; empty when nothing is.</returns>
    public (string Field, string Message)[] Check()
    {
        var errors = new List<(string, string)>();
        if (Schedule is null)
        {
            errors.Add(("schedule", "A schedule is needed: a cron expression of 5 or 6 fields."));
        }
        else if (!CronSchedule.TryParse(Schedule, out _, out var problem))
        {
            errors.Add(("schedule", problem));
        }

        if (TimeZone is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            errors.Add(("timeZone", $"The time zone '{TimeZone}' is not known here; an IANA name such as Europe/Berlin is needed."));
        }

        if (Enabled is null)
        {
            errors.Add(("enabled", "It must be said whether the sync is enabled: true or false."));
        }

        if (QuietHours is not null && QuietHours.Read() is null)
        {
            errors.Add(("quietHours", "Quiet hours have a from and a to, each a local time of day written as HH:mm."));
        }

        return [.. errors];
    }

    public Sync ToSync(ConnectionId connection, StreamName stream) => new()
    {
        Connection = connection,
        Stream = stream,
        Schedule = Schedule ?? throw new InvalidOperationException("The change was not checked."),
        TimeZone = TimeZone,
        Enabled = Enabled == true,
        QuietHours = QuietHours?.Read(),
    };
}
