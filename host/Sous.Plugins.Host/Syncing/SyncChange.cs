using System.ComponentModel.DataAnnotations;
using System.Xml;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What somebody wants a sync to be, as the API reads it.</summary>
/// <param name="FreshWithin">ISO 8601, a minute to a year; null for what the schedule comes to.</param>
internal sealed record SyncChange([property: Required] string? Schedule, string? TimeZone, [property: Required] bool? Enabled, QuietHoursView? QuietHours, string? FreshWithin = null)
{
    /// <returns>What is wrong with it; empty when nothing is.</returns>
    public (string Field, string Message)[] Check()
    {
        var errors = new List<(string, string)>();
        if (Schedule is null)
        {
            errors.Add(("schedule", "A schedule is needed: a cron expression of 5 or 6 fields."));
        }
        else if (!CronSchedule.TryParse(Schedule, out var schedule, out var problem))
        {
            errors.Add(("schedule", problem));
        }
        else if (schedule.Next(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc, null, default) is null)
        {
            errors.Add(("schedule", $"The schedule '{Schedule}' never comes."));
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

        if (FreshWithin is not null && ReadFreshWithin() is null)
        {
            errors.Add(("freshWithin", "How old the newest fetch may be is an ISO 8601 duration such as PT2H, of a minute to a year."));
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
        FreshWithin = ReadFreshWithin(),
    };

    private TimeSpan? ReadFreshWithin()
    {
        try
        {
            return FreshWithin is null || XmlConvert.ToTimeSpan(FreshWithin) is not { TotalMinutes: >= 1, TotalDays: <= 366 } within ? null : within;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }
}
