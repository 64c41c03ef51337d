using System.Globalization;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>Fills an account with what was eaten, its discounts and its service charge.</summary>
internal readonly struct LineSeeder(Menu menu)
{
    public void Fill(DocumentDraft document, DocumentKind kind, ref Dice dice)
    {
        var items = menu.Items.FindAll(item => item is { IsModifier: false, Active: true, PriceMode: "AMOUNT" });
        var extras = menu.Items.FindAll(item => item is { IsModifier: true, Active: true });
        var count = kind == DocumentKind.VoidedLine ? 3 : dice.Between(1, 5);
        for (var i = 0; i < count; i++)
        {
            var item = i == 0 && kind == DocumentKind.OpenPrice ? menu.OpenItem : items[dice.Below(items.Count)];
            var price = item.Prices.Count == 0 ? dice.Between(1_800, 3_900) : item.Prices[0].Amount;
            var quantity = i == 0 && kind == DocumentKind.Weighed ? dice.Between(120, 1_750) / 1_000m : dice.Percent(80) ? 1 : dice.Between(2, 4);
            var line = Add(document, item, null, quantity, price);
            if (extras.Count > 0 && ((i == 0 && kind == DocumentKind.Modifiers) || dice.Percent(25)))
            {
                var extra = Add(document, extras[dice.Below(extras.Count)], line, decimal.Ceiling(quantity));
                if (kind == DocumentKind.Modifiers)
                {
                    // One that hangs on a modifier in turn.
                    Add(document, extras[dice.Below(extras.Count)], extra, 1);
                }
            }
        }

        Apply(document, kind, ref dice);
        DocumentPricer.Price(document);
    }

    /// <summary>Lines of another document, again: with the sign turned where they come back.</summary>
    public static void Copy(DocumentDraft document, IEnumerable<LineDraft> lines, int sign)
    {
        var copies = new Dictionary<LineDraft, LineDraft>();
        foreach (var line in lines)
        {
            var copy = new LineDraft
            {
                Id = NextId(document), Item = line.Item, Parent = line.Parent is null ? null : copies.GetValueOrDefault(line.Parent),
                Quantity = sign * line.Quantity, Price = line.Price, At = document.Closed,
                Discount = line.Discount, AccountDiscount = line.AccountDiscount, ServiceCharge = line.ServiceCharge,
            };
            copies[line] = copy;
            document.Lines.Add(copy);
        }

        DocumentPricer.Price(document);
    }

    /// <summary>A line with all that hangs on it.</summary>
    public static IEnumerable<LineDraft> WithModifiers(DocumentDraft document, LineDraft line)
        => [line, .. document.Lines.Where(other => other.Parent == line).SelectMany(modifier => WithModifiers(document, modifier))];

    private static LineDraft Add(DocumentDraft document, MenuItem item, LineDraft? parent, decimal quantity, long? price = null)
    {
        var line = new LineDraft { Id = NextId(document), Item = item, Parent = parent, Quantity = quantity, Price = price ?? item.Prices[0].Amount, At = document.Opened };
        document.Lines.Add(line);
        return line;
    }

    private static string NextId(DocumentDraft document) => string.Create(CultureInfo.InvariantCulture, $"S{document.FiscId[1..]}{document.Lines.Count:00}");

    private static void Apply(DocumentDraft document, DocumentKind kind, ref Dice dice)
    {
        if (kind is DocumentKind.LineDiscount or DocumentKind.BothDiscounts)
        {
            document.Lines[0].Discount = dice.Between(1, 4) * 50_000;
        }

        var account = kind is DocumentKind.AccountDiscount or DocumentKind.BothDiscounts ? 125_000 : 0;
        var charge = kind == DocumentKind.ServiceCharge ? 100_000 : 0;
        foreach (var line in document.Lines)
        {
            (line.AccountDiscount, line.ServiceCharge) = (account, charge);
        }

        if (kind == DocumentKind.VoidedLine)
        {
            foreach (var line in WithModifiers(document, document.Lines[0]))
            {
                line.VoidReason = "Wrong table";
            }
        }
    }
}
