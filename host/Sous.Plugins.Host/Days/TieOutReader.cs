using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Days;

/// <summary>Ties business days out: asks the service for each day's totals by a path of its own and lays them beside ours.</summary>
internal sealed class TieOutReader(DayViews days, DriverAccess drivers, IRegistry registry, IOptions<SyncingOptions> options, TimeProvider clock)
{
    private const int DaysAtOnce = 4;

    /// <summary>Every day on which we or the service know of anything: a day that only the service knows is the one to find.</summary>
    /// <param name="location">The platform's own id of a location, or the service's, or null for all.</param>
    /// <exception cref="Sdk.DriverException">A service could not be asked.</exception>
    public async Task<IReadOnlyList<DayFigures>> ReadAsync(TenantId tenant, string? location, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        var ours = (await days.ReadAsync(new SalesQuery(tenant, null, null, from, to, null), cancellationToken))
            .ToLookup(static day => (day.Connection, day.ExternalLocation, day.Day));
        var places = (await registry.ListAsync(MappedLocation.Collection, "", cancellationToken))
            .Where(place => place.Tenant == tenant && (location is null || place.OwnId == location || place.Location.Ref.Id == location));
        var tied = new List<DayFigures>();
        foreach (var group in places.GroupBy(static place => place.Connection))
        {
            if (await registry.FindAsync(Connection.Collection, group.Key.Value, cancellationToken) is { IsOver: false } connection)
            {
                tied.AddRange(await ReadAsync(connection, [.. group], ours, from, to, cancellationToken));
            }
        }

        return tied;
    }

    private async Task<IEnumerable<DayFigures>> ReadAsync(
        Connection connection, IReadOnlyList<MappedLocation> places, ILookup<(ConnectionId, string, DateOnly), DayFigures> ours, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        var opened = await DriverCall.RunAsync(token => drivers.OpenAsync(connection, CallPriority.Live, token), options.Value.PageTimeout, clock, cancellationToken);
        await using var session = new BoundedSession(opened, options.Value.StopGrace, clock);
        var wanted = places.SelectMany(place => Enumerable.Range(0, to.DayNumber - from.DayNumber + 1)
            .Select(offset => (Place: place, Day: from.AddDays(offset)))).ToList();
        var tied = new DayFigures?[wanted.Count];
        var limit = new ParallelOptions { MaxDegreeOfParallelism = DaysAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, wanted.Count, limit, async (index, token) =>
        {
            var (place, day) = wanted[index];
            // A location's totals are in its own currency.
            var ofDay = ours[(connection.Id, place.Location.Ref.Id, day)];
            var known = ofDay.FirstOrDefault(figures => figures.Net.Currency == place.Location.Currency) ?? ofDay.FirstOrDefault();
            tied[index] = opened.Driver is IBusinessDayTotals totals ? await TieAsync(totals, place, day, known, token) : known;
        });
        return tied.OfType<DayFigures>();
    }

    private async Task<DayFigures?> TieAsync(IBusinessDayTotals totals, MappedLocation place, DateOnly day, DayFigures? known, CancellationToken cancellationToken)
    {
        var theirs = await DriverCall.RunAsync(token => totals.ReadDayTotalsAsync(place.Effective, day, token), options.Value.PageTimeout, clock, cancellationToken);
        var figures = known ?? DayFigures.Empty(place.Connection, place.Location.Ref.Id, day, place.Location.Currency) with { Location = place.OwnId, Name = place.Location.Name };
        var tieOut = TieOut.Compare(figures, theirs) with { At = clock.GetUtcNow() };
        return known is null && tieOut.Ties ? null : figures with { TieOut = tieOut };
    }
}
