using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Cronos;

namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// When a sync is due: a cron expression in a time zone. Cronos' rules for the days on which clocks change: a local time
/// that is skipped is due when the clocks have skipped it; one that comes twice is due once, unless the expression repeats within the hour.
/// </summary>
internal sealed class CronSchedule
{
    private static readonly ConcurrentDictionary<string, CronSchedule> s_parsed = new(StringComparer.Ordinal);
    private readonly CronExpression _cron;

    private CronSchedule(CronExpression cron) => _cron = cron;

    /// <summary>Reads an expression of 5 fields (from the minute) or 6 (from the second).</summary>
    /// <param name="problem">One sentence that names the expression and what is wrong with it.</param>
    public static bool TryParse(string expression, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (s_parsed.TryGetValue(expression, out schedule))
        {
            return true;
        }

        var fields = expression.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length;
        if (fields is not (5 or 6))
        {
            problem = $"The schedule '{expression}' has {fields} fields; a cron expression has 5, or 6 with seconds.";
            return false;
        }

        try
        {
            schedule = new CronSchedule(CronExpression.Parse(expression, fields == 5 ? CronFormat.Standard : CronFormat.IncludeSeconds));
        }
        catch (CronFormatException e)
        {
            problem = $"The schedule '{expression}' is not a cron expression: {e.Message.ReplaceLineEndings(" ")}";
            return false;
        }

        // Many connections share a few expressions; past this many somebody is playing, and nothing need be kept.
        if (s_parsed.Count < 1000)
        {
            s_parsed.TryAdd(expression, schedule);
        }

        return true;
    }

    /// <summary>The first due instant after another, moved out of the quiet hours and then by the sync's jitter.</summary>
    /// <param name="jitter">Never moves a due instant by more than a quarter of the way to the next.</param>
    /// <returns>Null where the expression never comes again.</returns>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone, QuietHours? quiet, Jitter jitter)
    {
        // The occurrence before may be due after all, by its jitter or the end of quiet hours.
        var occurrence = _cron.GetPreviousOccurrence(after, zone, inclusive: true) ?? _cron.GetNextOccurrence(after, zone);
        while (occurrence is { } start)
        {
            var following = _cron.GetNextOccurrence(start, zone);
            var due = EndOfQuiet(start, zone, quiet) + jitter.Within((following ?? start) - start);
            if (due > after)
            {
                return due.ToUniversalTime();
            }

            occurrence = following;
        }

        return null;
    }

    private static DateTimeOffset EndOfQuiet(DateTimeOffset instant, TimeZoneInfo zone, QuietHours? quiet)
    {
        if (quiet is null)
        {
            return instant;
        }

        var local = TimeZoneInfo.ConvertTime(instant, zone).DateTime;
        var end = quiet.After(local);
        if (end == local)
        {
            return instant;
        }

        while (zone.IsInvalidTime(end))
        {
            end = end.AddMinutes(1);
        }

        var offsets = zone.IsAmbiguousTime(end) ? zone.GetAmbiguousTimeOffsets(end) : [zone.GetUtcOffset(end)];
        return offsets.Select(offset => new DateTimeOffset(end, offset)).Where(moment => moment >= instant).DefaultIfEmpty(instant).Min();
    }
}
