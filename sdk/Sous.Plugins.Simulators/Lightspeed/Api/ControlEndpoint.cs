using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>The simulator's own paths below /_simulator, for those who run it in another process.</summary>
internal sealed class ControlEndpoint(LightspeedSimulator simulator)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

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

    private static string Id(HttpContext context) => (string)(context.Request.RouteValues["id"] ?? "");

    private static long Item(HttpContext context)
        => long.TryParse((string?)context.Request.RouteValues["item"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw LightspeedFault.Invalid("The item's id must be a number.");

    private static T Body<T>(HttpContext context)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(RequestBody.Of(context), Web) ?? throw LightspeedFault.Invalid("The body must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw LightspeedFault.Invalid($"The body is not understood at {e.Path}.");
        }
    }

    private static T Read<T>(HttpContext context)
        where T : new()
        => RequestBody.Of(context).Length == 0 ? new T() : Body<T>(context);

    private static Task AnswerAsync<T>(HttpContext context, T value) => context.Response.WriteAsJsonAsync(value, Web, context.RequestAborted);

    private static Task Do(HttpContext context, Action act)
    {
        act();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

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
