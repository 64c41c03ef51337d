using Sous.Plugins.Simulators.Toast.Rendering;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>GUIDs of payments by the business day of their payment, refund or void, and single payments.</summary>
internal sealed class PaymentsEndpoint(OrderBook book)
{
    private static readonly (string Name, Func<PaymentDraft, int?> Day)[] Days =
    [
        ("paidBusinessDate", payment => payment.Day),
        ("refundBusinessDate", payment => payment.Refund?.Day),
        ("voidBusinessDate", payment => payment.Void?.Day),
    ];

    public Task ListAsync(HttpContext context, Restaurant at)
    {
        var given = Array.FindAll(Days, day => context.Request.Query.ContainsKey(day.Name));
        if (given is not [var asked])
        {
            throw ToastFault.Invalid("Give one of paidBusinessDate, refundBusinessDate and voidBusinessDate.");
        }

        var day = OrdersEndpoint.Day(context.Request.Query[asked.Name].ToString());
        return ToastAnswer.SendAsync(context, book.Read(orders => ToastAnswer.RenderList(
            orders.Where(order => order.At == at).SelectMany(order => order.Payments).Where(payment => asked.Day(payment) == day).Select(payment => payment.Guid),
            (json, guid) => json.WriteStringValue(guid))));
    }

    public Task GetAsync(HttpContext context, Restaurant at)
    {
        var guid = ToastRoutes.Guid(context, "payment");
        var body = book.Find(guid, byPayment: true, order => order?.At == at
            ? ToastAnswer.Render(json => OrderJson.Payment(json, order, order.Payments.First(payment => payment.Guid.Equals(guid, StringComparison.OrdinalIgnoreCase))))
            : default);
        return body.IsEmpty ? throw ToastFault.NotFound("The specified payment was not found.") : ToastAnswer.SendAsync(context, body);
    }
}
