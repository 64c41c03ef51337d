using Sous.Plugins.Simulators.Hosting;
using static Sous.Plugins.Simulators.Hosting.Control;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>The simulator's own paths below /_simulator, for those who run it in another process.</summary>
internal sealed class ControlEndpoint(ToastSimulator simulator)
{
    public void Map(WebApplication app)
    {
        var control = app.MapGroup("/_simulator");
        var changes = simulator.Changes;
        control.MapGet("/truth", (RequestDelegate)TruthAsync);
        control.MapGet("/secrets", context => AnswerAsync(context, simulator.Secrets));
        control.MapGet("/requests", context => AnswerAsync(context, simulator.Requests));
        control.MapGet("/chaos", context => AnswerAsync(context, simulator.Chaos));
        control.MapPost("/chaos", context => AnswerAsync(context, simulator.Chaos = Body<Chaos>(context)));
        control.MapPost("/tokens", context => AnswerAsync(context, new { accessToken = simulator.IssueToken() }));
        control.MapPost("/tokens/expire", context => Do(context, simulator.ExpireToken));
        control.MapGet("/webhooks", context => AnswerAsync(context, simulator.Webhooks.Attempts));
        control.MapPost("/webhooks", context => Do(context, () => simulator.Webhooks.Address = Body<Subscription>(context).Address));
        control.MapPost("/restaurants/{id}/orders", context => AnswerAsync(context, new { orderId = Read<NewOrder>(context).Open ? changes.AddOpenOrder(Id(context)) : changes.AddOrder(Id(context)) }));
        control.MapPost("/orders/{id}/edit", context => Do(context, () => changes.EditOrder(Id(context))));
        control.MapPost("/orders/{id}/pay", context => Do(context, () => changes.PayOrder(Id(context))));
        control.MapPost("/orders/{id}/tip", context => Do(context, () => changes.AdjustTip(Id(context), Read<Amount>(context).Minor ?? 0)));
        control.MapPost("/orders/{id}/refund", context => Do(context, () => changes.RefundOrder(Id(context), Read<Amount>(context).Minor, Read<Amount>(context).Seen)));
        control.MapPost("/orders/{id}/void-payment", context => Do(context, () => changes.VoidPayment(Id(context), Read<Amount>(context).Seen)));
        control.MapPost("/orders/{id}/void", context => Do(context, () => changes.VoidOrder(Id(context))));
        control.MapPost("/orders/{id}/delete", context => Do(context, () => changes.DeleteOrder(Id(context))));
        control.MapGet("/restaurants/{id}/menu", context => AnswerAsync(context, changes.ItemIds(Id(context))));
        control.MapPost("/restaurants/{id}/menu/{item}/rename", context => Do(context, () => changes.RenameItem(Id(context), Text(context, "item"), Body<Rename>(context).Name)));
        control.MapPost("/restaurants/{id}/menu/{item}/remove", context => Do(context, () => changes.RemoveItem(Id(context), Text(context, "item"))));
    }

    private Task TruthAsync(HttpContext context)
    {
        var truth = simulator.Truth;
        return AnswerAsync(context, new { restaurants = truth.Restaurants.Select(restaurant => new { restaurant, days = truth.Days(restaurant.Id) }) });
    }

    private sealed record NewOrder
    {
        public bool Open { get; init; }
    }

    private sealed record Amount
    {
        public long? Minor { get; init; }

        public bool Seen { get; init; } = true;
    }

    private sealed record Subscription(Uri? Address);

    private sealed record Rename(string Name);
}
