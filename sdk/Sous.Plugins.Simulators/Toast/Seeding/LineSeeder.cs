using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>Fills an order with checks and what was eaten, its discounts and its service charges.</summary>
internal readonly struct LineSeeder(Menu menu)
{
    public void Fill(OrderDraft order, OrderKind kind, ref Dice dice)
    {
        var checks = kind is OrderKind.SplitChecks or OrderKind.DeletedCheck or OrderKind.VoidedCheck ? 2 : 1;
        for (var i = 0; i < checks; i++)
        {
            var check = new CheckDraft { Guid = Guids.Next(ref dice), Number = $"{order.Number}{(i == 0 ? "" : "b")}" };
            order.Checks.Add(check);
            var lines = kind == OrderKind.VoidedSelection ? 3 : dice.Between(1, 4);
            for (var j = 0; j < lines; j++)
            {
                check.Lines.Add(Line(j == 0 ? kind : OrderKind.Regular, ref dice));
            }
        }

        if (kind == OrderKind.GiftCard)
        {
            order.Checks[0].Lines.Add(Bare(menu.GiftCard, 5_000, 1, "TOAST_CARD_SELL", ref dice));
        }

        Apply(order.Checks[0], kind, ref dice);
    }

    /// <summary>One more line for a check that is still open.</summary>
    public LineDraft Line(OrderKind kind, ref Dice dice)
    {
        if (kind == OrderKind.OpenItem)
        {
            return Bare(menu.OpenItem, dice.Between(1_500, 4_000), 1, "OPEN_ITEM", ref dice);
        }

        var items = menu.Items.ToList();
        var item = kind switch
        {
            OrderKind.Weighed => menu.Weighed,
            OrderKind.NestedModifiers => items.First(i => i.Groups.Contains(3)),
            _ => items[dice.Below(items.Count)],
        };
        var quantity = item.Unit == "LB" ? dice.Between(25, 250) / 100m : dice.Percent(80) ? 1 : dice.Between(2, 4);
        var line = Bare(item, item.Price ?? dice.Between(9, 16) * 100, quantity, "NONE", ref dice);
        foreach (var index in item.Groups)
        {
            var group = menu.ModifierGroups[index];
            if (group.Min > 0 || kind == OrderKind.NestedModifiers || dice.Percent(30))
            {
                // The last option of a side has a dressing of its own.
                line.Modifiers.Add(Modify(group, kind == OrderKind.NestedModifiers ? group.Options.Count - 1 : dice.Below(group.Options.Count), quantity, ref dice));
            }
        }

        return line;
    }

    private LineDraft Modify(ModifierGroup group, int option, decimal quantity, ref Dice dice)
    {
        var item = group.Options[option];
        var modifier = Bare(item, item.Price ?? 0, item.Unit == "NONE" ? decimal.Ceiling(quantity) : quantity, "NONE", ref dice, group.Guid);
        foreach (var below in item.Groups)
        {
            modifier.Modifiers.Add(Modify(menu.ModifierGroups[below], 1, 1, ref dice));
        }

        return modifier;
    }

    private static LineDraft Bare(MenuItem item, long price, decimal quantity, string type, ref Dice dice, string? group = null) => new()
    {
        Guid = Guids.Next(ref dice),
        Item = item,
        Name = item.Name,
        Quantity = quantity,
        UnitPrice = price,
        Type = type,
        OptionGroup = group,
    };

    private static void Apply(CheckDraft check, OrderKind kind, ref Dice dice)
    {
        var full = check.Lines.Sum(OrderPricer.Full);
        switch (kind)
        {
            case OrderKind.ItemDiscount:
                check.Lines[0].Discounts.Add(Discount(ref dice, "Happy Hour", 200_000, 0));
                break;
            case OrderKind.CheckDiscount:
                check.Discounts.Add(Discount(ref dice, "Regular's Table", dice.Percent(50) ? 125_000 : 0, 500));
                check.Lines[0].Discounts.Add(Discount(ref dice, "Chef's Friend", 100_000, 0));
                break;
            case OrderKind.Gratuity:
                check.Charges.Add(Charge(ref dice, "Large party gratuity", Proportion.Of(full, 18, 100), true));
                check.Charges.Add(Charge(ref dice, "Corkage", 1_500, false));
                break;
            case OrderKind.DeliveryCharge:
                check.Charges.Add(Charge(ref dice, "Delivery", 450, false));
                break;
        }
    }

    private static DiscountDraft Discount(ref Dice dice, string name, long millionths, long amount)
        => new() { Guid = Guids.Next(ref dice), Name = name, Millionths = millionths, Amount = millionths > 0 ? 0 : amount };

    private static ChargeDraft Charge(ref Dice dice, string name, long amount, bool gratuity) => new(Guids.Next(ref dice), name, amount, gratuity);
}
