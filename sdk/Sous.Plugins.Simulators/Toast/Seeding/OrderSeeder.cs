using System.Globalization;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>Makes orders from the seed: the same index gives the same order.</summary>
internal sealed class OrderSeeder(ToastSimulatorOptions options, DateTimeOffset now, IReadOnlyList<Menu> menus)
{
    private static readonly OrderKind[] Kinds = Enum.GetValues<OrderKind>();
    private static readonly string[] Sources = ["In Store", "In Store", "In Store", "Online", "Kiosk", "Toast Pickup App"];

    /// <summary>The order of the history with that index.</summary>
    public OrderDraft Make(int index)
    {
        var dice = Dice.For(options.Seed, 40, index);
        var at = RestaurantOf(dice.Below(Restaurants.All.Sum(r => r.Weight)));
        var kind = index < 4 * Kinds.Length ? Kinds[index % Kinds.Length] : dice.Percent(60) ? OrderKind.Regular : Kinds[dice.Below(Kinds.Length)];
        return Make(index, kind, at, Opened(at, ref dice), now, ref dice);
    }

    /// <summary>An order that is sold while the simulator runs.</summary>
    public OrderDraft MakeLive(int index, OrderKind kind, Restaurant at, DateTimeOffset opened)
    {
        var dice = Dice.For(options.Seed, 41, index);
        return Make(index, kind, at, opened, opened, ref dice);
    }

    private OrderDraft Make(int index, OrderKind kind, Restaurant at, DateTimeOffset opened, DateTimeOffset until, ref Dice dice)
    {
        var order = new OrderDraft
        {
            Guid = Guids.Next(ref dice),
            At = at,
            Opened = opened,
            Day = at.DayOf(opened),
            Number = ((index % 300) + 1).ToString(CultureInfo.InvariantCulture),
            Source = kind == OrderKind.Marketplace ? "Grubhub" : Sources[dice.Below(Sources.Length)],
            DiningOption = Guids.Of("diningOption", dice.Below(3)),
            Guests = dice.Between(1, 6),
            Test = kind == OrderKind.TestMode,
            ExcessFood = kind == OrderKind.ExcessFood,
            Modified = opened,
        };
        new LineSeeder(menus[at.Index]).Fill(order, kind, ref dice);
        OrderPricer.Price(order, options.GratuityInTotal);
        PaymentSeeder.Finish(order, kind, until, options.GratuityInTotal, ref dice);
        return order;
    }

    private static Restaurant RestaurantOf(int throwOf)
    {
        foreach (var restaurant in Restaurants.All)
        {
            throwOf -= restaurant.Weight;
            if (throwOf < 0)
            {
                return restaurant;
            }
        }

        return Restaurants.All[0];
    }

    // From eleven in the morning until after midnight, so that some belong to the business day before.
    private DateTimeOffset Opened(Restaurant at, ref Dice dice)
    {
        var local = TimeZoneInfo.ConvertTime(now, at.Zone).Date.AddDays(-1 - dice.Below(Math.Max(1, options.Days - 1))).AddMinutes(dice.Between(11 * 60, 26 * 60)).AddMilliseconds(dice.Below(60_000));
        while (at.Zone.IsInvalidTime(local))
        {
            local = local.AddHours(1);
        }

        var opened = new DateTimeOffset(local, at.Zone.GetUtcOffset(local));
        return opened > now.AddHours(-2) ? now.AddHours(-2).AddMilliseconds(-dice.Below(3_600_000)) : opened;
    }
}
