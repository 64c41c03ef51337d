using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Toast;

/// <summary>Finds money by Toast's own business days: the GUIDs of a day's payments, refunds and voids, and what stands behind them.</summary>
internal sealed class LateMoney(ToastApi api, string restaurant)
{
    private const int AtOnce = 4;
    private const int PageSize = 100;

    /// <summary>The orders of which money was given back or voided on a business day, as they stand now.</summary>
    public async Task<List<ToastOrder>> ReadAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var refunded = await api.PaymentsAsync(restaurant, "refundBusinessDate", day, cancellationToken).ConfigureAwait(false);
        var voided = await api.PaymentsAsync(restaurant, "voidBusinessDate", day, cancellationToken).ConfigureAwait(false);
        var payments = await FindPaymentsAsync(refunded.Concat(voided), cancellationToken).ConfigureAwait(false);
        return await FindOrdersAsync(payments.Select(static payment => payment.OrderGuid).OfType<string>(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Orders by their GUIDs; those that the restaurant does not have are left out.</summary>
    private Task<List<ToastOrder>> FindOrdersAsync(IEnumerable<string> guids, CancellationToken cancellationToken)
        => FindAsync(guids, api.FindOrderAsync, cancellationToken);

    /// <summary>
    /// The day's totals by the payments that Toast counts to it. Their amounts come with the day's orders, and one by one for
    /// those of other days; training and waste count for nothing.
    /// </summary>
    public async Task<DayTotals> TotalAsync(Location location, DateOnly day, CancellationToken cancellationToken)
    {
        var paid = (await api.PaymentsAsync(restaurant, "paidBusinessDate", day, cancellationToken).ConfigureAwait(false)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var refunded = (await api.PaymentsAsync(restaurant, "refundBusinessDate", day, cancellationToken).ConfigureAwait(false)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var wanted = paid.Union(refunded, StringComparer.OrdinalIgnoreCase).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = new Dictionary<string, ToastPayment>(StringComparer.OrdinalIgnoreCase);
        if (wanted.Count > 0)
        {
            Keep(await OrdersOfAsync(day, cancellationToken).ConfigureAwait(false));
            var others = await FindPaymentsAsync(wanted, cancellationToken).ConfigureAwait(false);
            Keep(await FindOrdersAsync(others.Select(static payment => payment.OrderGuid).OfType<string>(), cancellationToken).ConfigureAwait(false));
        }

        var sums = new SaleSums(location.Currency);
        var payments = paid.Where(found.ContainsKey).Select(guid => found[guid]).Where(static payment => SaleMapping.StatusOf(payment).Status == PaymentStatus.Completed).ToList();
        var refunds = refunded.Where(found.ContainsKey).Select(guid => found[guid]).Where(static payment => SaleMapping.RefundStatusOf(payment)?.Status == RefundStatus.Completed).ToList();
        return new DayTotals
        {
            Source = "payments by their paid and refund business dates",
            Payments = sums.Of(payments.Sum(payment => sums.Of(payment.Amount).Minor)),
            Tips = sums.Of(payments.Sum(payment => sums.Of(payment.TipAmount).Minor)),
            Refunds = sums.Of(refunds.Sum(payment => sums.Of(payment.Refund?.RefundAmount).Minor + sums.Of(payment.Refund?.TipRefundAmount).Minor)),
            PaymentCount = payments.Count,
            RefundCount = refunds.Count,
        };

        void Keep(List<ToastOrder> orders)
        {
            foreach (var payment in orders.SelectMany(static order => order.Checks ?? [], static (order, check) => (order, check)).SelectMany(static pair => pair.check.Payments ?? [], static (pair, payment) => (pair.order, payment)))
            {
                wanted.Remove(payment.payment.Guid);
                if (payment.order.Counts)
                {
                    found[payment.payment.Guid] = payment.payment;
                }
            }
        }
    }

    // An order that moves under the walk may be missed: its payments are then looked up one by one.
    private async Task<List<ToastOrder>> OrdersOfAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var orders = new List<ToastOrder>();
        for (var number = 1; ; number++)
        {
            var page = await api.OrdersAsync(restaurant, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"businessDate={day:yyyyMMdd}"), PageSize, number, cancellationToken).ConfigureAwait(false);
            orders.AddRange(page.Orders);
            if (!page.More && page.Orders.Count < PageSize)
            {
                return orders;
            }

            if (page.Orders.Count == 0)
            {
                throw new DriverException(FailureKind.Transient, "Toast names a page after an empty one; nothing is believed until its orders are whole.");
            }
        }
    }

    private Task<List<ToastPayment>> FindPaymentsAsync(IEnumerable<string> guids, CancellationToken cancellationToken) => FindAsync(guids, api.FindPaymentAsync, cancellationToken);

    private async Task<List<T>> FindAsync<T>(IEnumerable<string> guids, Func<string, string, CancellationToken, Task<T?>> find, CancellationToken cancellationToken)
        where T : class
    {
        var found = new List<T>();
        foreach (var some in guids.Distinct(StringComparer.OrdinalIgnoreCase).Chunk(AtOnce))
        {
            found.AddRange((await Task.WhenAll(some.Select(guid => find(restaurant, guid, cancellationToken))).ConfigureAwait(false)).OfType<T>());
        }

        return found;
    }
}
