using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days;

/// <summary>The figures of a day by themselves, as they are kept. What each means stands at <see cref="DayFigures"/>.</summary>
internal sealed record DaySums
{
    public required int Sales { get; init; }

    public required Money Gross { get; init; }

    public required Money Discounts { get; init; }

    public required Money Net { get; init; }

    public required Money Tax { get; init; }

    public required Money TaxIncluded { get; init; }

    public required Money ServiceCharges { get; init; }

    public required Money Refunded { get; init; }

    public required Money Payments { get; init; }

    public required Money Tips { get; init; }

    public required Money Refunds { get; init; }

    public required int PaymentCount { get; init; }

    public required int RefundCount { get; init; }

    public static DaySums Of(DayFigures figures) => new()
    {
        Sales = figures.Sales,
        Gross = figures.Gross,
        Discounts = figures.Discounts,
        Net = figures.Net,
        Tax = figures.Tax,
        TaxIncluded = figures.TaxIncluded,
        ServiceCharges = figures.ServiceCharges,
        Refunded = figures.Refunded,
        Payments = figures.Payments,
        Tips = figures.Tips,
        Refunds = figures.Refunds,
        PaymentCount = figures.PaymentCount,
        RefundCount = figures.RefundCount,
    };

    /// <summary>The figures that are others later, by their names in the API.</summary>
    public IReadOnlyList<DayChange> ChangesTo(DaySums later)
        => [.. Named.Zip(later.Named, static (was, now) => new DayChange(was.Name, was.Value, now.Value, now.Currency)).Where(static change => change.Was != change.Is)];

    /// <summary>Every figure by its name in the API: minor units of a currency, or a number where there is none.</summary>
    [JsonIgnore]
    public IEnumerable<(string Name, long Value, string? Currency)> Named
    {
        get
        {
            yield return ("sales", Sales, null);
            foreach (var (name, amount) in ((string, Money)[])[
                ("gross", Gross), ("discounts", Discounts), ("net", Net), ("tax", Tax), ("tax_included", TaxIncluded), ("service_charges", ServiceCharges),
                ("refunded", Refunded), ("payments", Payments), ("tips", Tips), ("refunds", Refunds)])
            {
                yield return (name, amount.Minor, amount.Currency);
            }

            yield return ("payment_count", PaymentCount, null);
            yield return ("refund_count", RefundCount, null);
        }
    }
}
