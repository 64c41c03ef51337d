using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Locations;

/// <summary>Compares what a service tells of its locations now with what is known, and says what is to be stored and told.</summary>
internal static class LocationDrift
{
    private const string Open = "open";
    private const string Closed = "closed";
    private const string Vanished = "vanished";

    /// <returns>The locations that are new or have changed, each with what the platform is told of it.</returns>
    public static IEnumerable<(MappedLocation Location, IReadOnlyList<PlatformEvent> Events)> Compare(
        Connection connection, IReadOnlyList<MappedLocation> known, IReadOnlyList<Location> told, DateTimeOffset now)
    {
        var before = known.ToDictionary(static location => location.Location.Ref.Id, StringComparer.Ordinal);
        foreach (var location in told)
        {
            if (!before.Remove(location.Ref.Id, out var old))
            {
                yield return Discover(connection, location, now);
                continue;
            }

            var next = old with { Location = location, ClosedAt = location.Active ? null : old.ClosedAt ?? now, VanishedAt = null };
            if (next != old)
            {
                yield return Take(connection, old, next, now);
            }
        }

        foreach (var gone in before.Values.Where(static location => location.VanishedAt is null))
        {
            var next = gone with { Location = gone.Location with { Active = false }, ClosedAt = gone.ClosedAt ?? now, VanishedAt = now };
            yield return Take(connection, gone, next, now);
        }
    }

    private static (MappedLocation Location, IReadOnlyList<PlatformEvent> Events) Discover(Connection connection, Location location, DateTimeOffset now)
    {
        var found = new LocationFinding(LocationFindingKind.New, now);
        var next = new MappedLocation
        {
            Connection = connection.Id,
            Tenant = connection.Tenant,
            Location = location,
            DiscoveredAt = now,
            ClosedAt = location.Active ? null : now,
            Findings = [found],
        };
        // One that is closed when it is first seen has nothing to be mapped for, most often.
        return (next, location.Active ? [LocationEvents.Of(connection, next, LocationEvents.Unmapped, now, $"'{location.Name}': {found.Text}")] : []);
    }

    private static (MappedLocation Location, IReadOnlyList<PlatformEvent> Events) Take(Connection connection, MappedLocation old, MappedLocation next, DateTimeOffset now)
    {
        var differences = Differences(old, next, now).ToList();
        if (differences.Count == 0)
        {
            return (next, []);
        }

        var findings = (old.Findings ?? []).ToList();
        foreach (var difference in differences)
        {
            Add(findings, difference);
        }

        next = next with { Findings = findings };
        return (next, [.. differences.Select(found => LocationEvents.Of(connection, next, LocationEvents.TypeOf(found.Kind), now, $"'{next.Location.Name}': {found.Text}"))]);
    }

    private static IEnumerable<LocationFinding> Differences(MappedLocation old, MappedLocation next, DateTimeOffset now)
    {
        var (was, found) = (old.Location, next.Location);
        if (StandingOf(old) != StandingOf(next))
        {
            yield return new LocationFinding(KindOf(StandingOf(next)), now, StandingOf(old), StandingOf(next));
        }

        if (was.Name != found.Name)
        {
            yield return new LocationFinding(LocationFindingKind.Renamed, now, was.Name, found.Name);
        }

        if (was.TimeZone != found.TimeZone)
        {
            yield return new LocationFinding(LocationFindingKind.ZoneChanged, now, was.TimeZone, found.TimeZone);
        }

        if (was.Currency != found.Currency)
        {
            yield return new LocationFinding(LocationFindingKind.CurrencyChanged, now, was.Currency, found.Currency);
        }

        if (was.BusinessDayStart != found.BusinessDayStart)
        {
            yield return new LocationFinding(LocationFindingKind.DayStartChanged, now, Text(was.BusinessDayStart), Text(found.BusinessDayStart));
        }
    }

    private static string? Text(TimeSpan? start) => start is { } time ? QuietHoursView.Text(TimeOnly.FromTimeSpan(time)) : null;

    // What nobody has looked at yet goes on counting from what it was then; what is as it was then is no finding any more.
    private static void Add(List<LocationFinding> findings, LocationFinding found)
    {
        var earlier = findings.FirstOrDefault(finding => IsAboutTheSame(finding.Kind, found.Kind));
        if (earlier is not null)
        {
            findings.Remove(earlier);
            found = found with { Was = earlier.Was };
        }

        if (found.Was != found.Is)
        {
            findings.Add(found);
        }
    }

    private static bool IsAboutTheSame(LocationFindingKind one, LocationFindingKind other) => one == other || (IsStanding(one) && IsStanding(other));

    private static bool IsStanding(LocationFindingKind kind) => kind is LocationFindingKind.Closed or LocationFindingKind.Reopened or LocationFindingKind.Vanished;

    private static string StandingOf(MappedLocation location) => location switch
    {
        { VanishedAt: not null } => Vanished,
        { Location.Active: false } => Closed,
        _ => Open,
    };

    private static LocationFindingKind KindOf(string standing) => standing switch
    {
        Vanished => LocationFindingKind.Vanished,
        Closed => LocationFindingKind.Closed,
        _ => LocationFindingKind.Reopened,
    };
}
