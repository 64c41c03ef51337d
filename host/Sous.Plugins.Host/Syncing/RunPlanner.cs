using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Which scopes a run goes through, and what it asks for in each.</summary>
internal sealed class RunPlanner(IRegistry registry, IOptions<SyncingOptions> options, TimeProvider clock)
{
    /// <param name="only">The only locations to go through, by the service's ids; null for all.</param>
    /// <returns>Empty where the stream is scoped by location and none is known yet.</returns>
    public async ValueTask<IReadOnlyList<ScopeWork>> PlanAsync(SyncRun run, StreamManifest stream, IReadOnlyCollection<string>? only, CancellationToken cancellationToken)
    {
        var known = await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(run.Connection), cancellationToken);
        var currency = known.Count > 0 ? known[0].Location.Currency : null;
        var now = clock.GetUtcNow();
        // The driver looks at it only where it gets no checkpoint.
        var backfill = new InstantRange(now.AddDays(-stream.BackfillDays), now);
        if (stream.Scope == StreamScope.Connection)
        {
            return [new ScopeWork(run.Tenant, new Scope(run.Connection, run.Stream, null), null, [backfill], false, currency)];
        }

        return
        [
            .. known.Where(location => IsSynced(location, now) && only?.Contains(location.Location.Ref.Id) != false).Select(location => new ScopeWork(
                run.Tenant,
                new Scope(run.Connection, run.Stream, location.Location.Ref.Id),
                location.Effective,
                run.From is null ? [backfill] : Ranges(run, location.Effective, stream),
                run.From is not null,
                location.Location.Currency)),
        ];
    }

    /// <summary>Whether runs go through it: one that has closed they do for a while.</summary>
    public bool IsSynced(MappedLocation location, DateTimeOffset now)
        => location.Location.Active || (location.ClosedAt ?? location.DiscoveredAt) + options.Value.AfterClosing > now;

    private static IReadOnlyList<InstantRange> Ranges(SyncRun run, Location location, StreamManifest stream)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone))
        {
            throw new DriverException(FailureKind.Misconfigured, $"The time zone '{location.TimeZone}' of {location.Name} is not known here: business days cannot be told.");
        }

        var first = run.From ?? throw new InvalidOperationException("The run has no range.");
        return RangesOf(first, run.To ?? first, zone, location.BusinessDayStart ?? TimeSpan.Zero, stream);
    }

    /// <summary>Business days, cut to what one call of the driver may ask for.</summary>
    public static IReadOnlyList<InstantRange> RangesOf(DateOnly first, DateOnly last, TimeZoneInfo zone, TimeSpan start, StreamManifest stream)
    {
        var window = stream.WindowDays ?? int.MaxValue;
        var ranges = new List<InstantRange>();
        for (var day = first; day <= last;)
        {
            var until = last.DayNumber - day.DayNumber < window ? last : day.AddDays(window - 1);
            ranges.Add(new InstantRange(BusinessDay.RangeOf(day, zone, start).From, BusinessDay.RangeOf(until, zone, start).To));
            day = until.AddDays(1);
        }

        return ranges;
    }
}
