using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>Fills an order with what was eaten, its discounts and its service charges.</summary>
internal readonly struct LineSeeder(Menu menu)
{
    public void Fill(OrderDraft order, OrderKind kind, ref Dice dice, ref UidSource uids)
    {
        if (kind == OrderKind.NoLines)
        {
            order.Lines = null;
            return;
        }

        if (kind == OrderKind.CustomAmount)
        {
            order.Lines?.Add(new LineDraft { Uid = uids.Next("line"), TaxClass = TaxClass.Any, Quantity = 1, BasePrice = order.At.Price(dice.Between(500, 9_000)) });
            return;
        }

        var count = dice.Below(100) switch { < 35 => 1, < 70 => 2, < 90 => 3, _ => 4 };
        for (var i = 0; i < count; i++)
        {
            order.Lines?.Add(Line(order.At, kind == OrderKind.Weighed && i == 0, ref dice, ref uids));
        }

        Discount(order, ref dice, ref uids);
        Charge(order, count, ref dice, ref uids);
    }

    /// <summary>A line by itself, as is bought in an exchange.</summary>
    public LineDraft Single(Restaurant at, ref Dice dice, ref UidSource uids) => Line(at, false, ref dice, ref uids);

    private LineDraft Line(Restaurant at, bool weighed, ref Dice dice, ref UidSource uids)
    {
        var choice = menu.SoldAt(at);
        var item = choice[dice.Below(choice.Length)];
        if (weighed)
        {
            // The weighed items stand together in the catalogue; walk on to the next of them.
            var from = dice.Below(choice.Length);
            item = choice.Skip(from).Concat(choice).First(i => i.ByWeight);
        }

        var variation = item.Variations[dice.Below(item.Variations.Length)];
        var line = new LineDraft
        {
            Uid = uids.Next("line"),
            Name = item.Name,
            VariationName = variation.Name,
            VariationId = variation.Id,
            TaxClass = item.TaxClass,
            ByWeight = item.ByWeight,
            Quantity = item.ByWeight ? dice.Between(25, 350) / 100m : dice.Below(100) switch { < 78 => 1, < 95 => 2, _ => 3 },
            BasePrice = at.Price(variation.Cents),
        };
        foreach (var list in item.ModifierLists)
        {
            if (list.Min > 0 || dice.Percent(35))
            {
                line.Modifiers.Add(Modify(at, line, list.Modifiers[dice.Below(list.Modifiers.Length)], ref uids));
            }
        }

        return line;
    }

    private static LineModifier Modify(Restaurant at, LineDraft line, Modifier modifier, ref UidSource uids)
    {
        var price = at.Price(modifier.Cents);
        return new LineModifier(uids.Next("mod"), modifier.Id, modifier.Name, 1, price, Proportion.Of(price, line.Quantity));
    }

    private void Discount(OrderDraft order, ref Dice dice, ref UidSource uids)
    {
        if (dice.Percent(12) && order.Lines is [.., var last])
        {
            OrderPricer.DiscountLine(order, last, new DiscountDraft(uids.Next("disc"), menu.Discounts[dice.Below(2)], false));
        }

        if (dice.Percent(10))
        {
            order.Discounts.Add(new DiscountDraft(uids.Next("disc"), menu.Discounts[dice.Between(2, 3)], true));
        }
    }

    private static void Charge(OrderDraft order, int lines, ref Dice dice, ref UidSource uids)
    {
        if (lines == 4 && order.At.Country == "US")
        {
            order.Charges.Add(new ChargeDraft(uids.Next("chrg"), "Large party gratuity", "18.0", true));
        }

        if (dice.Percent(5))
        {
            order.Charges.Add(new ChargeDraft(uids.Next("chrg"), "Delivery", null, false) { Applied = order.At.Price(400) });
        }
    }
}
