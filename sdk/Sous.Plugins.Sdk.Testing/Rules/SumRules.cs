using System.Globalization;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>Money as a bookkeeper wants it.</summary>
internal static class SumRules
{
    private const int MostDays = 20;

    public static Task AddUpAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        var sales = SalesOf(bench);
        if (sales.Count == 0)
        {
            findings.NotApplicable("The driver fetches no sales.");
        }

        foreach (var sale in sales)
        {
            findings.Try();
            findings.AddAll(ObjectionsTo(sale, bench.Location?.Currency).Select(said => $"Sale {sale.Ref.Id}: {said}."));
        }

        return Task.CompletedTask;
    }

    public static async Task TieOutAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        var sales = SalesOf(bench);
        var payments = sales.SelectMany(sale => sale.Payments).Where(payment => payment.Status == PaymentStatus.Completed).ToLookup(payment => payment.BusinessDate);
        var refunds = sales.SelectMany(sale => sale.Refunds).Where(refund => refund.Status == RefundStatus.Completed).ToLookup(refund => refund.BusinessDate);
        var days = payments.Select(day => day.Key).Union(refunds.Select(day => day.Key)).OrderDescending().Take(MostDays);
        var session = bench.Open();
        await using (session.ConfigureAwait(false))
        {
            if (session.Driver is not IBusinessDayTotals totals || bench.Location is not { } location || sales.Count == 0)
            {
                findings.NotApplicable("The service tells no totals of a day.");
                return;
            }

            foreach (var day in days)
            {
                findings.Try();
                await TieOutAsync(totals, location, day, [.. payments[day]], [.. refunds[day]], findings, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task TieOutAsync(IBusinessDayTotals totals, Location location, DateOnly day, List<Payment> payments, List<Refund> refunds, Findings findings, CancellationToken cancellationToken)
    {
        try
        {
            var told = await totals.ReadDayTotalsAsync(location, day, cancellationToken).ConfigureAwait(false);
            Compare("payments", told.Payments?.Minor, payments.Sum(payment => payment.Amount.Minor));
            Compare("tips", told.Tips?.Minor, payments.Sum(payment => payment.Tip.Minor));
            Compare("refunds", told.Refunds?.Minor, refunds.Sum(refund => refund.Amount.Minor));
            Compare("number of payments", told.PaymentCount, payments.Count);
            Compare("number of refunds", told.RefundCount, refunds.Count);
        }
        catch (DriverException e)
        {
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"The totals of {day:O} cannot be told: {CallOutcome.Describe(e)}."));
        }

        void Compare(string what, long? service, long ours)
        {
            if (service is { } said && said != ours)
            {
                findings.Add(string.Create(CultureInfo.InvariantCulture, $"On {day:O} the service tells {what} of {said}, the sales have {ours}."));
            }
        }
    }

    private static IEnumerable<string> ObjectionsTo(Sale sale, string? currency)
    {
        var amounts = AmountsOf(sale).ToList();
        foreach (var strange in amounts.Select(amount => amount.Currency).Distinct().Where(code => code is not { Length: 3 } || !code.All(char.IsAsciiLetterUpper)))
        {
            yield return $"\"{strange}\" is no currency";
        }

        if (amounts.Select(amount => amount.Currency).Distinct().Count() > 1 || (currency is not null && sale.Total.Currency != currency))
        {
            yield return $"it has amounts in {string.Join(", ", amounts.Select(amount => amount.Currency).Distinct())}, the location sells in {currency}";
            yield break;
        }

        var broken = SaleArithmetic.Check(sale);
        foreach (var warning in broken.Except(sale.Warnings))
        {
            yield return $"its amounts do not agree ({warning}), and it does not say so in its warnings";
        }

        foreach (var warning in sale.Warnings.Intersect([SaleArithmetic.TotalsMismatch, SaleArithmetic.LinesMismatch]).Except(broken))
        {
            yield return $"it warns of {warning} although its amounts agree";
        }

        foreach (var said in SignsOf(sale))
        {
            yield return said;
        }
    }

    /// <summary>Amounts that the contract has positive, and those that are sums of others.</summary>
    private static IEnumerable<string> SignsOf(Sale sale)
    {
        if (sale.Refunded.Minor < 0 || sale.Refunds.Any(refund => refund.Amount.Minor < 0 || refund.Tip.Minor < 0) || sale.Payments.Any(payment => payment.Fee is { Minor: < 0 }))
        {
            yield return "refunds and fees are positive amounts";
        }

        var refunded = sale.Refunds.Where(refund => refund.Status == RefundStatus.Completed).Sum(refund => refund.Amount.Minor);
        if (sale.Refunds.Count > 0 && sale.Refunded.Minor != refunded)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"it says that {sale.Refunded.Minor} were given back, its refunds have {refunded}");
        }

        if (sale.Lines.FirstOrDefault(line => line.Net != line.Gross - line.Discount) is { } line)
        {
            yield return $"the net of line {line.LineId} is not its gross without the discount";
        }

        if (sale.Lines.FirstOrDefault(l => decimal.Round(l.Quantity, 5) != l.Quantity) is { } fine)
        {
            yield return $"the quantity of line {fine.LineId} has more than five decimals";
        }
    }

    private static IEnumerable<Money> AmountsOf(Sale sale) =>
    [
        sale.Gross, sale.Discounts, sale.Net, sale.Tax, sale.TaxIncluded, sale.ServiceCharges, sale.Tips, sale.Rounding, sale.Total, sale.Refunded,
        .. sale.Lines.SelectMany(line => (Money[])[line.UnitPrice, line.Gross, line.Discount, line.Net, line.Tax]),
        .. sale.Payments.SelectMany(payment => (Money[])[payment.Amount, payment.Tip]),
        .. sale.Refunds.SelectMany(refund => (Money[])[refund.Amount, refund.Tip]),
    ];

    /// <summary>Each sale once, as it stands now.</summary>
    private static List<Sale> SalesOf(Workbench bench)
        => [.. bench.Working.Where(run => run.Call.Name == CallCatalog.SalesName).SelectMany(run => run.Pages).SelectMany(page => page.Records)
            .GroupBy(record => record.Id).Select(versions => versions.Last().Record).OfType<Sale>()];
}
