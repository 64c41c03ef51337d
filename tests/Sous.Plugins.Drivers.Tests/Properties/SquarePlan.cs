using System.Globalization;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>An order that agrees with itself: its JSON as Square would write it, and the sums that must come of it.</summary>
/// <param name="Currency">Of every amount.</param>
/// <param name="Country">The location's.</param>
/// <param name="State">The order's state, which may be a word of no one's.</param>
/// <param name="Sold">What was sold.</param>
/// <param name="Back">What came back: a return, or with lines sold an exchange.</param>
/// <param name="Tenders">What was paid, each by a payment of its own.</param>
internal sealed record SquarePlan(string Currency, string? Country, string State, SquareSide Sold, IReadOnlyList<SquareSide> Back, IReadOnlyList<SquareTenderPlan> Tenders)
{
    public const string Id = "ORDER";

    /// <summary>Square takes included tax out of the gross here; written down again, on purpose, since the driver's own list is on trial.</summary>
    public bool GrossWithoutTax => Country is "US" or "CA" or "JP";

    public int Entries => Back.Append(Sold).Sum(side => side.Lines.Count + side.Charges.Count + side.Taxes.Count + side.Discounts.Count);

    public SquareSums Expected => Back.Aggregate(Sold.Sums(GrossWithoutTax), (sums, back) => sums - back.Sums(GrossWithoutTax));

    public JsonObject Order()
    {
        var order = new JsonObject
        {
            ["id"] = Id,
            ["location_id"] = "L1",
            ["created_at"] = "2025-11-19T20:00:00Z",
            ["updated_at"] = "2025-11-19T21:00:00.5Z",
            ["closed_at"] = "2025-11-19T21:00:00Z",
            ["state"] = State,
            ["line_items"] = Sold.Lines.Count == 0 ? null : Sold.LineItems(Currency, GrossWithoutTax, "", "gross_sales_money"),
            ["taxes"] = Sold.TaxList(Currency, ""),
            ["discounts"] = Sold.DiscountList(Currency, ""),
            ["service_charges"] = Sold.ChargeList(Currency, ""),
            ["rounding_adjustment"] = new JsonObject { ["amount_money"] = Money(Sold.Rounding, Currency) },
            ["returns"] = Back.Count == 0 ? null : new JsonArray([.. Back.Select((side, i) => Return(side, $"r{i}"))]),
            ["tenders"] = new JsonArray([.. Tenders.Select((tender, i) => tender.Tender(i, Currency))]),
        };
        foreach (var (name, value) in Sold.Totals("total_"))
        {
            order[name] = Money(value, Currency);
        }

        return order;
    }

    public static JsonObject Money(long amount, string currency) => new() { ["amount"] = amount, ["currency"] = currency };

    public override string ToString() => $"{Country ?? "no country"} {Order().ToJsonString()}";

    private JsonObject Return(SquareSide side, string prefix)
    {
        var amounts = new JsonObject();
        foreach (var (name, value) in side.Totals(""))
        {
            amounts[name] = Money(value, Currency);
        }

        return new JsonObject
        {
            ["source_order_id"] = "SOURCE",
            ["return_line_items"] = side.LineItems(Currency, GrossWithoutTax, prefix, "gross_return_money"),
            ["return_taxes"] = side.TaxList(Currency, prefix),
            ["return_discounts"] = side.DiscountList(Currency, prefix),
            ["return_service_charges"] = side.ChargeList(Currency, prefix),
            ["rounding_adjustment"] = new JsonObject { ["amount_money"] = Money(side.Rounding, Currency) },
            ["return_amounts"] = amounts,
        };
    }
}

/// <summary>The sums of a sale, in minor units.</summary>
internal readonly record struct SquareSums(long Gross, long Discounts, long Tax, long TaxIncluded, long Charges, long Tips, long Rounding, long Total)
{
    public static SquareSums operator -(SquareSums a, SquareSums b) => new(
        a.Gross - b.Gross, a.Discounts - b.Discounts, a.Tax - b.Tax, a.TaxIncluded - b.TaxIncluded, a.Charges - b.Charges, a.Tips - b.Tips, a.Rounding - b.Rounding, a.Total - b.Total);
}

/// <summary>A tender with its payment and, where something was given back of it, a refund.</summary>
internal sealed record SquareTenderPlan(long Amount, long Tip, long? Fee, string Source, string Status, (long Amount, string Status)? Refund)
{
    public JsonObject Tender(int index, string currency) => new()
    {
        ["id"] = $"P{index}",
        ["type"] = Source,
        ["amount_money"] = SquarePlan.Money(Amount + Tip, currency),
        ["tip_money"] = SquarePlan.Money(Tip, currency),
    };

    public JsonObject Payment(int index, string currency) => new()
    {
        ["id"] = $"P{index}",
        ["order_id"] = SquarePlan.Id,
        ["created_at"] = string.Create(CultureInfo.InvariantCulture, $"2025-11-19T21:0{index % 10}:00Z"),
        ["status"] = Status,
        ["source_type"] = Source,
        ["amount_money"] = SquarePlan.Money(Amount, currency),
        ["tip_money"] = SquarePlan.Money(Tip, currency),
        ["processing_fee"] = Fee is { } fee ? new JsonArray(new JsonObject { ["amount_money"] = SquarePlan.Money(fee, currency) }) : null,
        ["refund_ids"] = Refund is null ? null : new JsonArray($"R{index}"),
    };

    public JsonObject? RefundJson(int index, string currency) => Refund is not var (amount, status) ? null : new JsonObject
    {
        ["id"] = $"R{index}",
        ["payment_id"] = $"P{index}",
        ["order_id"] = "RETURN",
        ["status"] = status,
        ["created_at"] = "2025-11-20T12:00:00Z",
        ["amount_money"] = SquarePlan.Money(amount, currency),
    };
}
