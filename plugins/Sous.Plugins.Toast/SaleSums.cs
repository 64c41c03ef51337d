using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Toast;

/// <summary>Adds up an order's checks, leaving out those that were deleted or voided.</summary>
internal sealed class SaleSums(string currency)
{
    public const string Rounded = "amount-not-whole";
    public const string Unreadable = "amount-unreadable";
    public const string UnreadableQuantity = "quantity-unreadable";

    // Amounts that went through a double at Toast are off by less than this part of the smallest unit.
    private const decimal Noise = 0.0001m;
    private const decimal Largest = 1e12m;

    private readonly Dictionary<(string? Id, string Name, bool Included, bool Remitted), (decimal? Rate, long Amount)> _taxes = [];

    public long Gross { get; private set; }
    public long Net { get; private set; }
    public long Tax { get; private set; }
    public long Charges { get; private set; }
    public long Rounding { get; private set; }
    public long Total { get; private set; }
    public List<SaleLine> Lines { get; } = [];
    public List<SaleDiscount> Discounts { get; } = [];
    public List<ServiceCharge> ChargeLines { get; } = [];
    public List<string> Warnings { get; } = [];

    public IReadOnlyList<SaleTax> TaxLines =>
    [
        .. _taxes.Select(pair => new SaleTax
        {
            TaxId = pair.Key.Id,
            Name = pair.Key.Name,
            RatePercent = pair.Value.Rate,
            Amount = Of(pair.Value.Amount),
            Included = pair.Key.Included,
            RemittedByMarketplace = pair.Key.Remitted,
        }),
    ];

    public Money Of(long minor) => new(minor, currency);

    /// <summary>An amount in major units; what is finer than the currency is rounded, and the sale says so.</summary>
    public Money Of(decimal? major)
    {
        if (major is null)
        {
            return Of(0L);
        }

        if (Math.Abs(major.Value) > Largest)
        {
            Warn(Unreadable);
            return Of(0L);
        }

        var money = Money.FromMajor(major.Value, currency, out var remainder);
        if (Math.Abs(remainder) > Noise)
        {
            Warn(Rounded);
        }

        return money;
    }

    /// <summary>A check of an order that stands; of one that is voided or deleted nothing counts.</summary>
    public void Add(ToastCheck check, bool stands)
    {
        if (check.Deleted == true)
        {
            return;
        }

        stands &= check.Voided != true;
        var (net, charged, gratuity, rounding) = (0L, 0L, 0L, 0L);
        foreach (var selection in check.Selections ?? [])
        {
            var line = Map(selection, check.Guid, stands);
            Lines.Add(line);
            if (!line.Voided)
            {
                (Gross, net) = (Gross + line.Gross.Minor, net + line.Net.Minor);
                AddTaxes(selection.AppliedTaxes, selection.TaxInclusion == "INCLUDED");
                AddDiscounts(selection.AppliedDiscounts, line.LineId);
            }
        }

        if (!stands)
        {
            return;
        }

        AddDiscounts(check.AppliedDiscounts, null);
        foreach (var charge in check.AppliedServiceCharges ?? [])
        {
            var amount = Of(charge.ChargeAmount);
            if (charge.ServiceChargeCategory == "CASH_ROUNDING")
            {
                rounding += amount.Minor;
                continue;
            }

            charged += amount.Minor;
            gratuity += charge.Gratuity == true ? amount.Minor : 0;
            AddTaxes(charge.AppliedTaxes, false);
            ChargeLines.Add(new ServiceCharge
            {
                Id = charge.ServiceCharge?.Guid ?? charge.Guid, Name = charge.Name ?? "", Amount = amount, IsGratuity = charge.Gratuity == true,
                Tax = Of((charge.AppliedTaxes ?? []).Sum(tax => Of(tax.TaxAmount).Minor)),
            });
        }

        var (tax, total) = (Of(check.TaxAmount).Minor, Of(check.TotalAmount).Minor);
        // Toast's text leaves open whether the total holds the gratuity: the check's own sums decide.
        total += gratuity != 0 && total == net + tax + charged + rounding - gratuity ? gratuity : 0;
        (Net, Tax, Charges, Rounding, Total) = (Net + net, Tax + tax, Charges + charged, Rounding + rounding, Total + total);
    }

    private SaleLine Map(ToastSelection selection, string? check, bool stands)
    {
        var (gross, net, back) = (Of(selection.PreDiscountPrice ?? selection.Price), Of(selection.Price), selection.RefundDetails);
        return new SaleLine
        {
            LineId = selection.Guid ?? "",
            GroupId = check,
            Kind = KindOf(selection),
            CatalogItemId = selection.Item?.Guid,
            Name = selection.DisplayName ?? "",
            CategoryId = selection.SalesCategory?.Guid,
            Quantity = QuantityOf(selection),
            Unit = selection.UnitOfMeasure is null or "NONE" ? null : selection.UnitOfMeasure,
            UnitPrice = Of(selection.ReceiptLinePrice),
            Gross = gross,
            Discount = gross - net,
            Net = net,
            Tax = Of(selection.Tax),
            TaxIncluded = false,
            Voided = selection.Voided == true || !stands,
            VoidReason = selection.VoidReason?.Guid,
            Refunded = back is null ? null : Of(back.RefundAmount) + Of(back.TaxRefundAmount),
            Modifiers = Map(selection.Modifiers),
        };
    }

    private Modifier[] Map(List<ToastSelection>? modifiers) => modifiers is null ? [] :
    [
        .. modifiers.Where(static modifier => modifier.Voided != true).Select(modifier => new Modifier
        {
            Id = modifier.Guid ?? "",
            CatalogModifierId = modifier.Item?.Guid,
            Name = modifier.DisplayName ?? "",
            Quantity = QuantityOf(modifier),
            Price = Of(modifier.PreDiscountPrice ?? modifier.Price),
            Children = Map(modifier.Modifiers),
        }),
    ];

    private decimal QuantityOf(ToastSelection selection)
    {
        if (selection.Quantity is { } quantity && Math.Abs(quantity) <= Largest)
        {
            return quantity;
        }

        Warn(UnreadableQuantity);
        return 1;
    }

    private static LineKind KindOf(ToastSelection selection) => selection.SelectionType switch
    {
        "TOAST_CARD_SELL" or "TOAST_CARD_RELOAD" => LineKind.GiftCard,
        // Paying off a house account sells nothing: what was owed was sold before.
        "HOUSE_ACCOUNT_PAY_BALANCE" => LineKind.Deferred,
        _ when selection.Deferred == true => LineKind.Deferred,
        null or "NONE" or "PORTION" => selection.Item?.Guid is null ? LineKind.Custom : LineKind.Item,
        "OPEN_ITEM" or "SPECIAL_REQUEST" => LineKind.Custom,
        _ => LineKind.Unknown,
    };

    private void AddTaxes(List<ToastTax>? taxes, bool included)
    {
        foreach (var tax in taxes ?? [])
        {
            var key = (tax.TaxRate?.Guid, tax.Name ?? "", included, tax.FacilitatorCollectAndRemitTax == true);
            var known = _taxes.GetValueOrDefault(key);
            var rate = tax is { Type: null or "PERCENT", Rate: { } share } && Math.Abs(share) <= Largest ? share * 100 : (decimal?)null;
            _taxes[key] = (rate, known.Amount + Of(tax.TaxAmount).Minor);
        }
    }

    private void AddDiscounts(List<ToastDiscount>? discounts, string? lineId)
    {
        foreach (var discount in (discounts ?? []).Where(static discount => discount.ProcessingState != "VOID"))
        {
            Discounts.Add(new SaleDiscount
            {
                Id = discount.Discount?.Guid,
                Name = discount.Name,
                Kind = discount.DiscountType switch
                {
                    "PERCENT" or "OPEN_PERCENT" => DiscountKind.Percent,
                    "FIXED" or "OPEN_FIXED" or "FIXED_TOTAL" => DiscountKind.Amount,
                    _ => DiscountKind.Unknown,
                },
                Percent = discount.DiscountPercent,
                Amount = Of(discount.NonTaxDiscountAmount ?? discount.DiscountAmount),
                LineId = lineId,
            });
        }
    }

    private void Warn(string warning)
    {
        if (!Warnings.Contains(warning))
        {
            Warnings.Add(warning);
        }
    }
}
