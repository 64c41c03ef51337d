using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>Which path is answered by what, and which scope it needs.</summary>
internal sealed class LightspeedRoutes(LightspeedGrants grants, RequestLog log, ChaosGate chaos, TimeProvider clock)
{
    private const string Financial = "financial-api";

    public required LightspeedAuthorizeEndpoint Authorize { get; init; }

    public required LightspeedTokenEndpoint Tokens { get; init; }

    public required SalesEndpoint Sales { get; init; }

    public required FinanceEndpoint Finance { get; init; }

    public required ItemsEndpoint Items { get; init; }

    public required ControlEndpoint Control { get; init; }

    public void Map(WebApplication app)
    {
        app.UseSimulator(log, chaos, Answer);
        app.UseRouting();
        app.MapGet("/oauth/authorize", Authorize.ShowAsync);
        app.MapPost("/oauth/authorize", Authorize.DecideAsync);
        app.MapPost("/oauth/token", Tokens.ObtainAsync);
        app.MapGet("/f/data/businesses", Scoped(Financial, BusinessesEndpoint.ListAsync));
        app.MapGet("/f/v2/business-location/{id}/sales", AtPlace(Sales.ListAsync));
        app.MapGet("/f/v2/business-location/{id}/sales-daily", AtPlace(Sales.DayAsync));
        app.MapGet("/f/finance/{id}/tax-rates", AtPlace(FinanceEndpoint.TaxRatesAsync));
        app.MapGet("/f/finance/{id}/paymentMethods", AtPlace(FinanceEndpoint.PaymentMethodsAsync));
        app.MapGet("/f/finance/{id}/accountingGroups", AtPlace(Finance.AccountingGroupsAsync));
        app.MapGet("/items/v1/items", Scoped("items", Items.ListAsync));
        Control.Map(app);
        app.MapFallback(context => throw LightspeedFault.Of(StatusCodes.Status404NotFound));
    }

    private RequestDelegate? Answer(Exception fault) => fault switch
    {
        LightspeedFault own => context => LightspeedAnswer.ErrorAsync(context, own, clock.GetUtcNow()),
        LightspeedTokenFault own => context => LightspeedAnswer.TokenErrorAsync(context, own),
        ArgumentException mistake => context => LightspeedAnswer.ErrorAsync(context, LightspeedFault.Invalid(mistake.Message), clock.GetUtcNow()),
        _ => null,
    };

    private RequestDelegate Scoped(string scope, RequestDelegate next) => context =>
    {
        grants.Check(context.Request.Headers.Authorization, scope);
        return next(context);
    };

    private RequestDelegate AtPlace(Func<HttpContext, Place, Task> next) => Scoped(Financial, context =>
        next(context, Places.Find((string)(context.Request.RouteValues["id"] ?? "")) ?? throw LightspeedFault.Of(StatusCodes.Status403Forbidden)));
}
