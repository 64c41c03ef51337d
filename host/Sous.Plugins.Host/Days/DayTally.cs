using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Days;

/// <summary>Adds sales up to the figures of one location's business days.</summary>
internal sealed class DayTally(ConnectionId connection, string externalLocation, string? location, DateOnly from, DateOnly to)
{
    private readonly Dictionary<(DateOnly Day, string Currency), DayFigures> _days = [];
    private readonly HashSet<string> _moneyIds = new(StringComparer.Ordinal);

    public IEnumerable<DayFigures> Figures => _days.Values.OrderBy(static figures => figures.Day).ThenBy(static figures => figures.Net.Currency, StringComparer.Ordinal);

    /// <param name="restatedAt">When the version of the sale was stored that replaced a known one, or null where it is the first.</param>
    /// <param name="endOf">When a business day ended, or null where that is not known.</param>
    public void Add(Sale sale, DateTimeOffset? restatedAt, Func<DateOnly, DateTimeOffset?> endOf)
    {
        if (sale.Status == SaleStatus.Closed)
        {
            Change(sale.BusinessDate, sale.Net.Currency, figures => figures with
            {
                Sales = figures.Sales + 1,
                Gross = figures.Gross + sale.Gross,
                Discounts = figures.Discounts + sale.Discounts,
                Net = figures.Net + sale.Net,
                Tax = figures.Tax + sale.Tax,
                TaxIncluded = figures.TaxIncluded + sale.TaxIncluded,
                ServiceCharges = figures.ServiceCharges + sale.ServiceCharges,
                Refunded = figures.Refunded + sale.Refunded,
            });
        }

        AddMoney(sale);
        if (restatedAt is { } at)
        {
            Restate(sale, at, endOf);
        }
    }

    private void AddMoney(Sale sale)
    {
        // A payment that pays two sales, or a refund that both of them name, was made once.
        foreach (var payment in sale.Payments)
        {
            if (payment.Status == PaymentStatus.Completed && _moneyIds.Add($"payment/{payment.Ref.Id}"))
            {
                Change(payment.BusinessDate, payment.Amount.Currency, figures => figures with
                {
                    Payments = figures.Payments + payment.Amount,
                    Tips = figures.Tips + payment.Tip,
                    PaymentCount = figures.PaymentCount + 1,
                });
            }
        }

        foreach (var refund in sale.Refunds)
        {
            if (refund.Status == RefundStatus.Completed && _moneyIds.Add($"refund/{refund.Ref.Id}"))
            {
                Change(refund.BusinessDate, refund.Amount.Currency, figures => figures with
                {
                    Refunds = figures.Refunds + refund.Amount,
                    RefundCount = figures.RefundCount + 1,
                });
            }
        }
    }

    private void Restate(Sale sale, DateTimeOffset at, Func<DateOnly, DateTimeOffset?> endOf)
    {
        // What the platform was told again without a change at the service (another mapping) restates nothing.
        if (endOf(sale.BusinessDate) is { } end && at > end && sale.ModifiedAt > end)
        {
            Change(sale.BusinessDate, sale.Net.Currency, static figures => figures with { Restated = true });
        }
    }

    private void Change(DateOnly day, string currency, Func<DayFigures, DayFigures> change)
    {
        if (day >= from && day <= to)
        {
            var figures = _days.GetValueOrDefault((day, currency)) ?? DayFigures.Empty(connection, externalLocation, day, currency) with { Location = location };
            _days[(day, currency)] = change(figures);
        }
    }
}
