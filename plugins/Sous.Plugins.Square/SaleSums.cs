using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Square;

/// <summary>Adds up what an order sold and, with its signs turned, what it took back.</summary>
/// <param name="currency">Of all amounts of the sale.</param>
/// <param name="grossWithoutTax">Whether included tax has been taken out of gross amounts.</param>
/// <param name="givenBack">Lines of returns from this order, by the line that each is from.</param>
internal sealed class SaleSums(string currency, bool grossWithoutTax, ILookup<string, OrderLine> givenBack)
{
    public long Gross { get; private set; }
    public long Discounts { get; private set; }
    public long Tax { get; private set; }
    public long TaxIncluded { get; private set; }
    public long Charges { get; private set; }
    public long Tips { get; private set; }
    public long Rounding { get; private set; }
    public long Total { get; private set; }
    public List<SaleLine> Lines { get; } = [];
    public List<SaleTax> TaxLines { get; } = [];
    public List<SaleDiscount> DiscountLines { get; } = [];
    public List<ServiceCharge> ChargeLines { get; } = [];
    public List<string> Warnings { get; } = [];

    public Money Of(long minor) => new(minor, currency);

    public Money Of(SquareMoney money, int sign = 1)
    {
        if (money.Currency is { } other && other != currency)
        {
            Warn(SaleMapping.MixedCurrencies);
        }

        return new Money(sign * money.Amount, currency);
    }

    public void AddSold(SquareOrder order) => Add(1, order.LineItems, order.Taxes, order.Discounts, order.ServiceCharges, order.RoundingAdjustment, new ReturnAmounts
    {
        TotalMoney = order.TotalMoney,
        TaxMoney = order.TotalTaxMoney,
        DiscountMoney = order.TotalDiscountMoney,
        TipMoney = order.TotalTipMoney,
        ServiceChargeMoney = order.TotalServiceChargeMoney,
    });

    public void AddReturned(OrderReturn back)
        => Add(-1, back.ReturnLineItems, back.ReturnTaxes, back.ReturnDiscounts, back.ReturnServiceCharges, back.RoundingAdjustment, back.ReturnAmounts ?? new ReturnAmounts());

    private void Add(
        int sign, List<OrderLine>? lines, List<OrderPart>? taxes, List<OrderPart>? discounts, List<OrderPart>? charges, Amounted? rounding, ReturnAmounts amounts)
    {
        var (gross, takenOut, included) = (0L, 0L, 0L);
        foreach (var line in lines ?? [])
        {
            var within = Within(line, taxes);
            var outside = within != 0 && IsTakenOut(line, within);
            takenOut += outside ? within : 0;
            gross += GrossOf(line).Amount;
            Lines.Add(Map(sign, line, within != 0 && !outside));
        }

        foreach (var tax in taxes ?? [])
        {
            included += IsIncluded(tax) ? tax.AppliedMoney.Amount : 0;
            TaxLines.Add(new SaleTax { TaxId = tax.CatalogObjectId, Name = tax.Name ?? "", RatePercent = tax.Percentage, Amount = Of(tax.AppliedMoney, sign), Included = IsIncluded(tax) });
        }

        AddDiscounts(sign, discounts, lines);
        AddCharges(sign, charges);
        // The header's tax is all of it, also what stands within the prices.
        var additive = amounts.TaxMoney.Amount - included + takenOut;
        var (tips, service, discount, round) = (amounts.TipMoney.Amount, amounts.ServiceChargeMoney.Amount, amounts.DiscountMoney.Amount, rounding?.AmountMoney.Amount ?? 0);
        // Some orders have sums and no lines; then the sums tell what was sold.
        gross = lines is { Count: > 0 } ? gross : amounts.TotalMoney.Amount - additive - service - tips - round + discount;
        Gross += sign * gross;
        Discounts += sign * discount;
        Tax += sign * additive;
        TaxIncluded += sign * (included - takenOut);
        Charges += sign * service;
        Tips += sign * tips;
        Rounding += sign * round;
        Total += sign * Of(amounts.TotalMoney).Minor;
    }

    private SaleLine Map(int sign, OrderLine line, bool taxIncluded)
    {
        if (line.Quantity is null)
        {
            Warn(SaleMapping.UnreadableQuantity);
        }

        var gross = Of(GrossOf(line), sign);
        var discount = Of(line.TotalDiscountMoney, sign);
        return new SaleLine
        {
            LineId = line.Uid ?? "",
            Kind = line.ItemType switch
            {
                "ITEM" => LineKind.Item,
                "CUSTOM_AMOUNT" => LineKind.Custom,
                "GIFT_CARD" => LineKind.GiftCard,
                null => line.CatalogObjectId is null ? LineKind.Custom : LineKind.Item,
                _ => LineKind.Unknown,
            },
            VariationId = line.CatalogObjectId,
            Name = line.Name ?? line.VariationName ?? "",
            Quantity = sign * (line.Quantity ?? 1),
            Unit = UnitOf(line.QuantityUnit),
            UnitPrice = Of(line.BasePriceMoney),
            Gross = gross,
            Discount = discount,
            Net = gross - discount,
            Tax = Of(line.TotalTaxMoney, sign),
            TaxIncluded = taxIncluded,
            Refunded = sign > 0 && line.Uid is { } uid && givenBack.Contains(uid) ? Of(givenBack[uid].Sum(static back => back.TotalMoney.Amount)) : null,
            Modifiers = Map(sign, line.Modifiers ?? line.ReturnModifiers),
        };
    }

    private Modifier[] Map(int sign, List<LineModifier>? modifiers)
    {
        if (modifiers is null)
        {
            return [];
        }

        var mapped = new Modifier[modifiers.Count];
        for (var i = 0; i < mapped.Length; i++)
        {
            var modifier = modifiers[i];
            mapped[i] = new Modifier
            {
                Id = modifier.Uid ?? "",
                CatalogModifierId = modifier.CatalogObjectId,
                Name = modifier.Name ?? "",
                Quantity = modifier.Quantity ?? 1,
                Price = Of(modifier.TotalPriceMoney, sign),
            };
        }

        return mapped;
    }

    private void AddDiscounts(int sign, List<OrderPart>? discounts, List<OrderLine>? lines)
    {
        foreach (var discount in discounts ?? [])
        {
            if (discount.Scope != "LINE_ITEM")
            {
                DiscountLines.Add(Map(discount, Of(discount.AppliedMoney, sign), null));
                continue;
            }

            foreach (var line in lines ?? [])
            {
                if (line.AppliedDiscounts?.Find(share => share.DiscountUid == discount.Uid) is { } share)
                {
                    DiscountLines.Add(Map(discount, Of(share.AppliedMoney, sign), line.Uid));
                }
            }
        }
    }

    private static SaleDiscount Map(OrderPart discount, Money amount, string? lineId) => new()
    {
        Id = discount.CatalogObjectId,
        Name = discount.Name,
        Kind = discount.Type switch
        {
            "FIXED_PERCENTAGE" or "VARIABLE_PERCENTAGE" => DiscountKind.Percent,
            "FIXED_AMOUNT" or "VARIABLE_AMOUNT" => DiscountKind.Amount,
            _ => DiscountKind.Unknown,
        },
        Percent = discount.Percentage,
        Amount = amount,
        LineId = lineId,
    };

    private void AddCharges(int sign, List<OrderPart>? charges)
    {
        foreach (var charge in charges ?? [])
        {
            ChargeLines.Add(new ServiceCharge
            {
                Id = charge.CatalogObjectId ?? charge.Uid,
                Name = charge.Name ?? "",
                Amount = Of(charge.AppliedMoney, sign),
                IsGratuity = charge.Type == "AUTO_GRATUITY",
                Tax = Of(charge.TotalTaxMoney, sign),
            });
        }
    }

    private static SquareMoney GrossOf(OrderLine line) => line.GrossReturnMoney.Currency is null ? line.GrossSalesMoney : line.GrossReturnMoney;

    private static bool IsIncluded(OrderPart tax) => tax.Type == "INCLUSIVE";

    private static long Within(OrderLine line, List<OrderPart>? taxes)
    {
        var within = 0L;
        foreach (var share in line.AppliedTaxes ?? [])
        {
            foreach (var tax in taxes ?? [])
            {
                within += tax.Uid == share.TaxUid && IsIncluded(tax) ? share.AppliedMoney.Amount : 0;
            }
        }

        return within;
    }

    // The line's own sums tell whether its gross is without the included tax; only where they leave it open the country does.
    private bool IsTakenOut(OrderLine line, long within)
    {
        var above = line.TotalMoney.Amount - GrossOf(line).Amount + line.TotalDiscountMoney.Amount;
        var (additive, service) = (line.TotalTaxMoney.Amount - within, line.TotalServiceChargeMoney.Amount);
        var kept = above == additive || above == additive + service;
        var taken = above == additive + within || above == additive + within + service;
        return kept == taken ? grossWithoutTax : taken;
    }

    private static string? UnitOf(QuantityUnit? unit)
    {
        foreach (var (name, value) in unit?.MeasurementUnit ?? [])
        {
            if (name != "type" && value.ValueKind == JsonValueKind.String)
            {
                return value.GetString();
            }

            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("name", out var custom))
            {
                return custom.GetString();
            }
        }

        return null;
    }

    private void Warn(string warning)
    {
        if (!Warnings.Contains(warning))
        {
            Warnings.Add(warning);
        }
    }
}
