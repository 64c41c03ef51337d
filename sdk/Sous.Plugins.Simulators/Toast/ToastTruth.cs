using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast;

/// <summary>What a simulator holds at the moment of asking, told without its API: what tests and proofs compare with.</summary>
public sealed class ToastTruth
{
    private readonly ILookup<string, ToastDayTruth> _days;

    internal ToastTruth(OrderBook book)
    {
        (Restaurants, _days) = book.Read(orders =>
        {
            var byRestaurant = orders.ToLookup(order => order.At);
            IReadOnlyList<ToastRestaurantTruth> restaurants =
            [
                .. Seeding.Restaurants.All.Select(r => new ToastRestaurantTruth(
                    r.Guid, $"{r.Name}, {r.LocationName}", r.GroupGuid, r.ZoneId, r.Currency, r.Archived, r.Connected,
                    [.. byRestaurant[r].Where(order => order.Counts).Select(order => order.Guid)],
                    [.. byRestaurant[r].Where(order => !order.Counts).Select(order => order.Guid)])),
            ];
            return (restaurants, byRestaurant.SelectMany(group => DaysOf(group).Select(day => (group.Key.Guid, day))).ToLookup(pair => pair.Guid, pair => pair.day));
        });
    }

    /// <summary>Every restaurant, also those that the client does not see.</summary>
    public IReadOnlyList<ToastRestaurantTruth> Restaurants { get; }

    /// <summary>A restaurant's business days that have a payment or a refund, oldest first.</summary>
    /// <param name="restaurant">The restaurant's GUID.</param>
    public IReadOnlyList<ToastDayTruth> Days(string restaurant) => [.. _days[restaurant]];

    private static IEnumerable<ToastDayTruth> DaysOf(IEnumerable<OrderDraft> orders)
    {
        var payments = orders.Where(order => order.Counts).SelectMany(order => order.Payments).ToList();
        var paid = payments.Where(payment => payment.Counts).ToLookup(payment => payment.Day);
        var refunded = payments.Where(payment => payment.Refund is not null).ToLookup(payment => payment.Refund?.Day ?? 0);
        foreach (var day in paid.Select(group => group.Key).Union(refunded.Select(group => group.Key)).Order())
        {
            yield return new ToastDayTruth(
                new DateOnly(day / 10_000, day / 100 % 100, day % 100),
                paid[day].Count(),
                paid[day].Sum(payment => payment.Amount),
                paid[day].Sum(payment => payment.Tip),
                refunded[day].Count(),
                refunded[day].Sum(payment => payment.Refund is { } refund ? refund.Amount + refund.Tip : 0));
        }
    }
}
