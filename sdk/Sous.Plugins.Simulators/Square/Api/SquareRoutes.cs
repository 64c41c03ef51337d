using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>Which path is answered by what, and which scope it needs.</summary>
internal sealed class SquareRoutes(GrantBook grants, RequestLog log, ChaosGate chaos)
{
    public const string DefaultVersion = "2025-08-20";

    public required AuthorizeEndpoint Authorize { get; init; }

    public required TokenEndpoint Tokens { get; init; }

    public required OrdersEndpoint Orders { get; init; }

    public required PaymentsEndpoint Payments { get; init; }

    public required CatalogEndpoint Catalog { get; init; }

    public required ControlEndpoint Control { get; init; }

    public void Map(WebApplication app)
    {
        app.UseSimulator(log, chaos, Answer);
        app.Use(next => context => CheckVersionAsync(context, next));
        app.UseRouting();
        app.MapGet("/oauth2/authorize", Authorize.ShowAsync);
        app.MapPost("/oauth2/authorize", Authorize.DecideAsync);
        app.MapPost("/oauth2/token", Tokens.ObtainAsync);
        app.MapPost("/oauth2/revoke", Tokens.RevokeAsync);
        app.MapPost("/oauth2/token/status", Tokens.StatusAsync);
        app.MapGet("/v2/merchants", Scoped("MERCHANT_PROFILE_READ", MerchantEndpoint.ListAsync));
        app.MapGet("/v2/merchants/{id}", Scoped("MERCHANT_PROFILE_READ", MerchantEndpoint.GetAsync));
        app.MapGet("/v2/locations", Scoped("MERCHANT_PROFILE_READ", MerchantEndpoint.ListLocationsAsync));
        app.MapGet("/v2/locations/{id}", Scoped("MERCHANT_PROFILE_READ", MerchantEndpoint.GetLocationAsync));
        app.MapPost("/v2/orders/search", Scoped("ORDERS_READ", Orders.SearchAsync));
        app.MapPost("/v2/orders/batch-retrieve", Scoped("ORDERS_READ", Orders.BatchAsync));
        app.MapGet("/v2/orders/{id}", Scoped("ORDERS_READ", Orders.GetAsync));
        app.MapGet("/v2/payments", Scoped("PAYMENTS_READ", Payments.ListPaymentsAsync));
        app.MapGet("/v2/payments/{id}", Scoped("PAYMENTS_READ", Payments.GetPaymentAsync));
        app.MapGet("/v2/refunds", Scoped("PAYMENTS_READ", Payments.ListRefundsAsync));
        app.MapGet("/v2/refunds/{id}", Scoped("PAYMENTS_READ", Payments.GetRefundAsync));
        app.MapPost("/v2/catalog/search", Scoped("ITEMS_READ", Catalog.SearchAsync));
        app.MapGet("/v2/catalog/list", Scoped("ITEMS_READ", Catalog.ListAsync));
        app.MapPost("/v2/catalog/batch-retrieve", Scoped("ITEMS_READ", Catalog.BatchAsync));
        app.MapGet("/v2/catalog/object/{id}", Scoped("ITEMS_READ", Catalog.GetAsync));
        Control.Map(app);
        app.MapFallback(context => throw SquareFault.NotFound($"There is nothing at {context.Request.Path}."));
    }

    private static RequestDelegate? Answer(Exception fault) => fault switch
    {
        SquareFault own => context => SquareAnswer.ErrorAsync(context, own),
        ArgumentException mistake => context => SquareAnswer.ErrorAsync(context, SquareFault.Invalid("BAD_REQUEST", mistake.Message)),
        _ => null,
    };

    private static Task CheckVersionAsync(HttpContext context, RequestDelegate next)
    {
        var version = context.Request.Headers["Square-Version"].ToString();
        if (version.Length > 0 && !DateOnly.TryParseExact(version, "yyyy-MM-dd", out _))
        {
            throw SquareFault.Invalid("INVALID_SQUARE_VERSION_FORMAT", "The Square-Version header must be a date.");
        }

        context.Response.Headers["Square-Version"] = version.Length > 0 ? version : DefaultVersion;
        return next(context);
    }

    private RequestDelegate Scoped(string scope, RequestDelegate next) => context =>
    {
        grants.Check(context.Request.Headers.Authorization, scope);
        return next(context);
    };
}
