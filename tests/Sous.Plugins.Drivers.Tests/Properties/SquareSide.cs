using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>One side of an order, what it sold or what it took back: lines, taxes, discounts, charges.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Charges">The service charges.</param>
/// <param name="Taxes">Whether each tax is within the prices.</param>
/// <param name="Discounts">Whether each discount is on the whole order; else it is on the lines that it has a share of.</param>
/// <param name="Tip">The tip.</param>
/// <param name="Rounding">The rounding adjustment.</param>
/// <param name="Amount">What it came to where it has no lines.</param>
internal sealed record SquareSide(
    IReadOnlyList<SquareLinePlan> Lines, IReadOnlyList<SquareChargePlan> Charges, IReadOnlyList<bool> Taxes, IReadOnlyList<bool> Discounts, long Tip, long Rounding, long Amount)
{
    private long Bare => Lines.Count == 0 ? Amount : 0;

    private IEnumerable<IReadOnlyList<long>> Taxed => Lines.Select(line => line.Taxes).Concat(Charges.Select(charge => charge.Taxes));

    public SquareSums Sums(bool grossWithoutTax)
    {
        var outside = grossWithoutTax ? Lines.Sum(line => Within(line.Taxes)) : 0;
        var included = Taxed.Sum(Within);
        var totals = Totals("").ToDictionary();
        return new SquareSums(
            Bare + Lines.Sum(line => line.Full) - outside, Lines.Sum(line => line.Discount(Discounts.Count)), totals["tax_money"] - included + outside, included - outside,
            totals["service_charge_money"], Tip, Rounding, totals["total_money"]);
    }

    /// <summary>The five amounts of an order, or of a return.</summary>
    public IEnumerable<KeyValuePair<string, long>> Totals(string prefix)
    {
        var lines = Bare + Lines.Sum(line => line.Total(this));
        var charges = Charges.Sum(charge => charge.Applied + OnTop(charge.Taxes));
        // An order writes total_money, total_tax_money …; a return total_money, tax_money ….
        yield return KeyValuePair.Create("total_money", lines + charges + Tip + Rounding);
        yield return KeyValuePair.Create(prefix + "tax_money", Taxed.Sum(All));
        yield return KeyValuePair.Create(prefix + "discount_money", Lines.Sum(line => line.Discount(Discounts.Count)));
        yield return KeyValuePair.Create(prefix + "tip_money", Tip);
        yield return KeyValuePair.Create(prefix + "service_charge_money", Charges.Sum(charge => charge.Applied));
    }

    public JsonArray LineItems(string currency, bool grossWithoutTax, string prefix, string gross) => new([.. Lines.Select((line, i) => new JsonObject
    {
        ["uid"] = $"{prefix}line{i}",
        ["name"] = $"Line {i}",
        ["quantity"] = line.Quantity,
        ["item_type"] = line.Type,
        ["base_price_money"] = SquarePlan.Money(line.Price, currency),
        ["variation_total_price_money"] = SquarePlan.Money(line.Full - line.Modifiers.Sum(), currency),
        [gross] = SquarePlan.Money(line.Full - (grossWithoutTax ? Within(line.Taxes) : 0), currency),
        ["total_tax_money"] = SquarePlan.Money(All(line.Taxes), currency),
        ["total_discount_money"] = SquarePlan.Money(line.Discount(Discounts.Count), currency),
        ["total_service_charge_money"] = SquarePlan.Money(0, currency),
        ["total_money"] = SquarePlan.Money(line.Total(this), currency),
        [prefix.Length == 0 ? "modifiers" : "return_modifiers"] = new JsonArray([.. line.Modifiers.Select((price, m) => new JsonObject { ["uid"] = $"{prefix}mod{i}.{m}", ["name"] = "With", ["quantity"] = "1", ["total_price_money"] = SquarePlan.Money(price, currency) })]),
        ["applied_taxes"] = AppliedTaxes(line.Taxes, currency, prefix),
        ["applied_discounts"] = new JsonArray([.. Enumerable.Range(0, Discounts.Count).Where(d => line.Share(d) != 0).Select(d => new JsonObject { ["discount_uid"] = $"{prefix}disc{d}", ["applied_money"] = SquarePlan.Money(line.Share(d), currency) })]),
    })]);

    public JsonArray TaxList(string currency, string prefix) => new([.. Taxes.Select((within, t) => new JsonObject
    {
        ["uid"] = $"{prefix}tax{t}",
        ["name"] = $"Tax {t}",
        ["percentage"] = "8.875",
        ["type"] = within ? "INCLUSIVE" : "ADDITIVE",
        ["applied_money"] = SquarePlan.Money(Taxed.Sum(taxes => At(taxes, t)), currency),
    })]);

    public JsonArray DiscountList(string currency, string prefix) => new([.. Discounts.Select((whole, d) => new JsonObject
    {
        ["uid"] = $"{prefix}disc{d}",
        ["name"] = $"Discount {d}",
        ["type"] = "FIXED_AMOUNT",
        ["scope"] = whole ? "ORDER" : "LINE_ITEM",
        ["applied_money"] = SquarePlan.Money(Lines.Sum(line => line.Share(d)), currency),
    })]);

    public JsonArray ChargeList(string currency, string prefix) => new([.. Charges.Select((charge, c) => new JsonObject
    {
        ["uid"] = $"{prefix}charge{c}",
        ["name"] = $"Charge {c}",
        ["type"] = charge.Type,
        ["applied_money"] = SquarePlan.Money(charge.Applied, currency),
        ["total_tax_money"] = SquarePlan.Money(All(charge.Taxes), currency),
        ["total_money"] = SquarePlan.Money(charge.Applied + OnTop(charge.Taxes), currency),
        ["applied_taxes"] = AppliedTaxes(charge.Taxes, currency, prefix),
    })]);

    public long All(IReadOnlyList<long> taxes) => taxes.Take(Taxes.Count).Sum();

    public long OnTop(IReadOnlyList<long> taxes) => All(taxes) - Within(taxes);

    private long Within(IReadOnlyList<long> taxes) => taxes.Take(Taxes.Count).Where((_, t) => Taxes[t]).Sum();

    private static long At(IReadOnlyList<long> taxes, int index) => index < taxes.Count ? taxes[index] : 0;

    private JsonArray AppliedTaxes(IReadOnlyList<long> taxes, string currency, string prefix) => new([.. Enumerable.Range(0, Taxes.Count).Where(t => At(taxes, t) != 0).Select(t =>
        new JsonObject { ["tax_uid"] = $"{prefix}tax{t}", ["applied_money"] = SquarePlan.Money(At(taxes, t), currency) })]);
}

/// <summary>A line.</summary>
/// <param name="Quantity">As text; Square's own words may be negative, zero or fractions.</param>
/// <param name="Type">Square's word for its kind.</param>
/// <param name="Price">Of one.</param>
/// <param name="Full">Of all, with modifiers, before discounts, with the tax that is within it.</param>
/// <param name="Modifiers">Their prices.</param>
/// <param name="Shares">What each discount takes off it.</param>
/// <param name="Taxes">What each tax comes to.</param>
internal sealed record SquareLinePlan(string Quantity, string Type, long Price, long Full, IReadOnlyList<long> Modifiers, IReadOnlyList<long> Shares, IReadOnlyList<long> Taxes)
{
    public long Share(int discount) => discount < Shares.Count ? Shares[discount] : 0;

    public long Discount(int discounts) => Shares.Take(discounts).Sum();

    public long Total(SquareSide side) => Full - Discount(side.Discounts.Count) + side.OnTop(Taxes);
}

/// <summary>A service charge.</summary>
/// <param name="Type">Square's word for its kind.</param>
/// <param name="Applied">Its amount, with the tax that is within it.</param>
/// <param name="Taxes">What each tax comes to.</param>
internal sealed record SquareChargePlan(string Type, long Applied, IReadOnlyList<long> Taxes);
