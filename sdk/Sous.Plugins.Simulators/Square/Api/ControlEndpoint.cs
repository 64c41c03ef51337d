using System.Globalization;
using Sous.Plugins.Simulators.Hosting;
using static Sous.Plugins.Simulators.Hosting.Control;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>The simulator's own paths below /_simulator, for those who run it in another process.</summary>
internal sealed class ControlEndpoint(SquareSimulator simulator)
{
    public void Map(WebApplication app)
    {
        var control = app.MapGroup("/_simulator");
        control.MapGet("/truth", (RequestDelegate)TruthAsync);
        control.MapGet("/secrets", context => AnswerAsync(context, simulator.Secrets));
        control.MapGet("/requests", context => AnswerAsync(context, simulator.Requests));
        control.MapGet("/chaos", context => AnswerAsync(context, simulator.Chaos));
        control.MapPost("/chaos", context => AnswerAsync(context, simulator.Chaos = Body<Chaos>(context)));
        control.MapPost("/tokens", context => AnswerAsync(context, new { accessToken = simulator.IssueAccessToken() }));
        control.MapPost("/tokens/expire", context => Do(context, simulator.ExpireAccessTokens));
        control.MapPost("/grant/revoke", context => Do(context, simulator.RevokeGrant));
        control.MapGet("/webhooks", context => AnswerAsync(context, simulator.Webhooks.Attempts));
        control.MapPost("/webhooks", context => Do(context, () => simulator.Webhooks.Address = Body<Registration>(context).Address));
        control.MapPost("/orders", (RequestDelegate)AddOrderAsync);
        control.MapPost("/orders/{id}/pay", context => Do(context, () => simulator.Changes.PayOrder(Id(context))));
        control.MapPost("/orders/{id}/cancel", context => Do(context, () => simulator.Changes.CancelOrder(Id(context))));
        control.MapPost("/orders/{id}/refund", (RequestDelegate)RefundAsync);
        control.MapPost("/orders/{id}/exchange", context => AnswerAsync(context, new { orderId = simulator.Changes.ExchangeOrder(Id(context), Body<Price>(context).Minor) }));
        control.MapGet("/orders/{id}/payments", context => AnswerAsync(context, simulator.Changes.PaymentsOf(Id(context))));
        control.MapPost("/payments/{id}/fee", context => Do(context, () => simulator.Changes.AddProcessingFee(Id(context))));
        control.MapGet("/catalog", context => AnswerAsync(context, simulator.Changes.ItemIds));
        control.MapPost("/catalog/{id}/rename", context => Do(context, () => simulator.Changes.RenameItem(Id(context), Body<Rename>(context).Name)));
        control.MapPost("/catalog/{id}/delete", context => Do(context, () => simulator.Changes.DeleteItem(Id(context))));
    }

    private Task AddOrderAsync(HttpContext context)
    {
        var asked = Body<NewOrder>(context);
        var changes = simulator.Changes;
        var id = asked switch
        {
            { Open: true } => changes.AddOpenOrder(asked.LocationId),
            { LateHours: { } hours, OldChange: true } => changes.AddLateOrderOfOldChange(asked.LocationId, TimeSpan.FromHours(hours)),
            { LateHours: { } hours } => changes.AddLateOrder(asked.LocationId, TimeSpan.FromHours(hours)),
            _ => changes.AddOrder(asked.LocationId),
        };
        return AnswerAsync(context, new { orderId = id });
    }

    private Task RefundAsync(HttpContext context)
    {
        var asked = RequestBody.Of(context).Length == 0 ? new NewRefund(null, null) : Body<NewRefund>(context);
        return AnswerAsync(context, new { orderId = simulator.Changes.RefundOrder(Id(context), asked.Minor, asked.Status ?? "COMPLETED") });
    }

    private Task TruthAsync(HttpContext context)
    {
        var text = context.Request.Query["closeOutHour"].ToString();
        var hour = int.TryParse(text, CultureInfo.InvariantCulture, out var given) ? given : 4;
        var truth = simulator.Truth;
        return AnswerAsync(context, new
        {
            closeOutHour = hour,
            locations = truth.Locations.Select(location => new { location, days = truth.Days(location.Id, TimeSpan.FromHours(hour)) }),
            truth.CatalogIds,
            truth.DeletedCatalogIds,
        });
    }

    private sealed record NewOrder(string LocationId, bool Open = false, double? LateHours = null, bool OldChange = false);

    private sealed record NewRefund(long? Minor, string? Status);

    private sealed record Price(long Minor);

    private sealed record Registration(Uri? Address);

    private sealed record Rename(string Name);
}
