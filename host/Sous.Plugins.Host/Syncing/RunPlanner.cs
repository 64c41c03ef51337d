using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Which scopes a run goes through, and what it asks for in each.</summary>
internal sealed class RunPlanner(IRegistry registry, IBackfills backfills, IOptions<SyncingOptions> options, TimeProvider clock)
{
    /// <returns>Empty where the stream is scoped by location and none is known yet.</returns>
    public async ValueTask<IReadOnlyList<ScopeWork>> PlanAsync(RunRequest request, StreamManifest stream, CancellationToken cancellationToken)
    {
        var key = request.Key;
        var known = await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(key.Connection), cancellationToken);
        var currency = known.Count > 0 ? known[0].Location.Currency : null;
        var now = clock.GetUtcNow();
        // The driver looks at it only where it gets no checkpoint.
        var history = new InstantRange(now.AddDays(-stream.BackfillDays), now);
        if (stream.Scope == StreamScope.Connection)
        {
            return [new ScopeWork(request.Tenant, new Scope(key.Connection, key.Stream, null), null, [history], false, currency)];
        }

        var works = new List<ScopeWork>();
        foreach (var location in known.Where(location => IsSynced(location, now) && request.Locations?.Contains(location.Location.Ref.Id) != false))
        {
            var scope = new Scope(key.Connection, key.Stream, location.Location.Ref.Id);
            var work = new ScopeWork(request.Tenant, scope, location.Effective, [history], false, location.Location.Currency);
            works.Add(request.From is { } first ? await BoundAsync(work, request, first, location.Effective, stream, cancellationToken) : work);
        }

        return works;
    }

    /// <summary>Whether runs go through it: one that has closed they do for a while.</summary>
    public bool IsSynced(MappedLocation location, DateTimeOffset now)
        => location.Location.Active || (location.ClosedAt ?? location.DiscoveredAt) + options.Value.AfterClosing > now;

    private async ValueTask<ScopeWork> BoundAsync(ScopeWork work, RunRequest request, DateOnly first, Location location, StreamManifest stream, CancellationToken cancellationToken)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone))
        {
            throw new DriverException(FailureKind.Misconfigured, $"The time zone '{location.TimeZone}' of {location.Name} is not known here: business days cannot be told.");
        }

        var (last, start) = (request.To ?? first, location.BusinessDayStart ?? TimeSpan.Zero);
        if (!request.IsBackfill)
        {
            return work with { Bounded = true, Ranges = RangesOf(first, last, zone, start, stream) };
        }

        // A service lists sales by when they changed last: a refund or a tip of those days may stand under any later one.
        var today = BusinessDay.Of(clock.GetUtcNow(), zone, start);
        var windows = BackfillWindow.Cut(first, last < today ? today : last, zone, start, stream);
        var done = await backfills.FindDoneAsync(work.Scope, cancellationToken);
        return work with { Bounded = true, Ranges = [.. windows.Select(static window => window.Range)], Windows = [.. windows.Where(window => done is null || window.First < done)] };
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
