using Sous.Plugins.Simulators.Square.Catalog;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square;

/// <summary>What a simulator holds at the moment of asking, told without its API: what tests and proofs compare with.</summary>
public sealed class SquareTruth
{
    private readonly List<StoredRecord> _orders;
    private readonly List<StoredRecord> _payments;
    private readonly List<StoredRecord> _refunds;

    internal SquareTruth(SalesBook sales, CatalogBook catalog)
    {
        _payments = sales.Read(RecordKind.Payment, table => table.All.ToList());
        _refunds = sales.Read(RecordKind.Refund, table => table.All.ToList());
        _orders = sales.Read(RecordKind.Order, table => table.All.ToList());
        var orders = _orders.ToLookup(r => r.Location, r => r.Id);
        Locations = [.. Restaurants.All.Select(r => new SquareLocationTruth(r.Id, r.Name, r.ZoneId, r.Currency, r.Active,
            _payments.Count(p => p.Location == r.Index), _refunds.Count(p => p.Location == r.Index), [.. orders[r.Index]]))];
        CatalogIds = [.. catalog.Ids(deleted: false)];
        DeletedCatalogIds = [.. catalog.Ids(deleted: true)];
    }

    /// <summary>Every location, the inactive one too.</summary>
    public IReadOnlyList<SquareLocationTruth> Locations { get; }

    /// <summary>The ids of all catalogue objects that stand, nested ones included.</summary>
    public IReadOnlyList<string> CatalogIds { get; }

    /// <summary>The ids of all catalogue objects that were deleted, nested ones included.</summary>
    public IReadOnlyList<string> DeletedCatalogIds { get; }

    /// <summary>A location's business days that have a payment or a refund, oldest first.</summary>
    /// <param name="locationId">The location's id.</param>
    /// <param name="closeOut">When the business day ends, counted from local midnight; 04:00 gives a sale of 03:59 to the day before.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public IReadOnlyList<SquareDayTruth> Days(string locationId, TimeSpan closeOut)
    {
        var at = Restaurants.Find(locationId) ?? throw new ArgumentException($"There is no location {locationId}.", nameof(locationId));
        var days = new SortedDictionary<DateOnly, SquareDayTruth>();
        foreach (var payment in _payments.Where(p => p.Location == at.Index && p.Status == "COMPLETED"))
        {
            var day = Day(days, at, payment, closeOut);
            days[day.Day] = day with { Payments = day.Payments + 1, PaymentsMinor = day.PaymentsMinor + payment.Amount, TipsMinor = day.TipsMinor + payment.Tip };
        }

        foreach (var refund in _refunds.Where(p => p.Location == at.Index && p.Status is ("COMPLETED" or "PENDING")))
        {
            var day = Day(days, at, refund, closeOut);
            days[day.Day] = day with { Refunds = day.Refunds + 1, RefundsMinor = day.RefundsMinor + refund.Amount };
        }

        return [.. days.Values];
    }

    /// <summary>What a location's completed orders came to by business day, what they took back taken off: Square's net amounts, tips and tax included, by closing time.</summary>
    /// <param name="locationId">The location's id.</param>
    /// <param name="closeOut">When the business day ends, counted from local midnight.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public IReadOnlyDictionary<DateOnly, long> TotalsByDay(string locationId, TimeSpan closeOut)
    {
        var at = Restaurants.Find(locationId) ?? throw new ArgumentException($"There is no location {locationId}.", nameof(locationId));
        return _orders.Where(o => o.Location == at.Index && o.Status == "COMPLETED").GroupBy(o => DayOf(at, o.Closed, closeOut)).ToDictionary(day => day.Key, day => day.Sum(o => o.Amount));
    }

    private static DateOnly DayOf(Restaurant at, long time, TimeSpan closeOut)
        => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(time), at.Zone).DateTime - closeOut);

    private static SquareDayTruth Day(SortedDictionary<DateOnly, SquareDayTruth> days, Restaurant at, StoredRecord record, TimeSpan closeOut)
    {
        var day = DayOf(at, record.Created, closeOut);
        return days.GetValueOrDefault(day) ?? new SquareDayTruth(day, 0, 0, 0, 0, 0);
    }
}
