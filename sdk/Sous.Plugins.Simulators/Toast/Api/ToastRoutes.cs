using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>Which path is answered by what. Behind the login every call needs a token, and most need a restaurant.</summary>
internal sealed class ToastRoutes(TokenBook tokens, RequestLog log, ChaosGate chaos, RateGate? rates)
{
    public const string RestaurantHeader = "Toast-Restaurant-External-ID";

    public required LoginEndpoint Login { get; init; }

    public required PartnersEndpoint Partners { get; init; }

    public required OrdersEndpoint Orders { get; init; }

    public required PaymentsEndpoint Payments { get; init; }

    public required MenusEndpoint Menus { get; init; }

    public required ControlEndpoint Control { get; init; }

    public void Map(WebApplication app)
    {
        app.UseSimulator(log, chaos, Answer);
        app.UseRouting();
        app.MapPost("/authentication/v1/authentication/login", Login.LogInAsync);
        app.MapGet("/partners/v1/restaurants", Client(PartnersEndpoint.ListAsync));
        app.MapGet("/partners/v1/connectedRestaurants", Client(Partners.ListConnectedAsync));
        app.MapGet("/restaurants/v1/restaurants/{guid}", AtRestaurant(PartnersEndpoint.GetAsync));
        app.MapGet("/orders/v2/ordersBulk", AtRestaurant(Orders.ListAsync));
        app.MapGet("/orders/v2/orders/{guid}", AtRestaurant(Orders.GetAsync));
        app.MapGet("/orders/v2/payments", AtRestaurant(Payments.ListAsync));
        app.MapGet("/orders/v2/payments/{guid}", AtRestaurant(Payments.GetAsync));
        app.MapGet("/menus/v2/metadata", AtRestaurant(Menus.MetadataAsync));
        app.MapGet("/menus/v2/menus", AtRestaurant(Menus.ListAsync));
        Control.Map(app);
        app.MapFallback(context => throw ToastFault.NotFound($"There is nothing at {context.Request.Path}."));
    }

    public static string Guid(HttpContext context, string what)
    {
        var text = (string)(context.Request.RouteValues["guid"] ?? "");
        return System.Guid.TryParseExact(text, "D", out _) ? text : throw ToastFault.Invalid($"The {what} GUID is malformed.");
    }

    private static RequestDelegate? Answer(Exception fault) => fault switch
    {
        ToastFault own => context => ToastAnswer.ErrorAsync(context, own),
        ArgumentException mistake => context => ToastAnswer.ErrorAsync(context, ToastFault.Invalid(mistake.Message)),
        _ => null,
    };

    private RequestDelegate Client(RequestDelegate next) => context =>
    {
        tokens.Check(context.Request.Headers.Authorization);
        rates?.Pass(context);
        return next(context);
    };

    private RequestDelegate AtRestaurant(Func<HttpContext, Restaurant, Task> next) => Client(context =>
    {
        var named = context.Request.Headers[RestaurantHeader].ToString();
        if (!System.Guid.TryParseExact(named, "D", out _))
        {
            throw ToastFault.Invalid($"The header {RestaurantHeader} is missing or no GUID.");
        }

        var restaurant = Restaurants.Find(named) is { Connected: true } known ? known : throw ToastFault.Of(StatusCodes.Status403Forbidden);
        return next(context, restaurant);
    });
}
