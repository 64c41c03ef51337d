using System.Globalization;
using Sous.Plugins.Simulators.Hosting;
using static Sous.Plugins.Simulators.Hosting.Control;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>The simulator's own paths below /_simulator, for those who run it in another process.</summary>
internal sealed class ControlEndpoint(LightspeedSimulator simulator)
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
        control.MapPost("/tokens", context => AnswerAsync(context, new { accessToken = simulator.IssueAccessToken() }));
        control.MapPost("/tokens/expire", context => Do(context, simulator.ExpireAccessTokens));
        control.MapPost("/grant/revoke", context => Do(context, simulator.RevokeGrant));
        control.MapPost("/locations/{id}/sales", context => AnswerAsync(context, new { accountFiscId = changes.AddSale(Id(context), TimeSpan.FromHours(Read<NewSale>(context).HoursAgo)) }));
        control.MapPost("/sales/{id}/refund", context => AnswerAsync(context, new { accountFiscId = changes.Refund(Id(context), Read<NewRefund>(context).Whole) }));
        control.MapGet("/locations/{id}/items", context => AnswerAsync(context, changes.ItemIds(Id(context))));
        control.MapPost("/locations/{id}/items/{item}/rename", context => Do(context, () => changes.RenameItem(Id(context), Item(context), Body<Rename>(context).Name)));
        control.MapPost("/locations/{id}/items/{item}/remove", context => Do(context, () => changes.RemoveItem(Id(context), Item(context))));
    }

    private static long Item(HttpContext context)
        => long.TryParse((string?)context.Request.RouteValues["item"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw LightspeedFault.Invalid("The item's id must be a number.");

    private Task TruthAsync(HttpContext context)
    {
        var truth = simulator.Truth;
        return AnswerAsync(context, new { locations = truth.Locations.Select(location => new { location, days = truth.Days(location.Id) }) });
    }

    private sealed record NewSale
    {
        public double HoursAgo { get; init; }
    }

    private sealed record NewRefund
    {
        public bool Whole { get; init; } = true;
    }

    private sealed record Rename(string Name);
}
