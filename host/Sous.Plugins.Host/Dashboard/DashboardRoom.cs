using Microsoft.AspNetCore.Authentication;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Dashboard.Days;
using Sous.Plugins.Host.Dashboard.Deliveries;
using Sous.Plugins.Host.Dashboard.Events;
using Sous.Plugins.Host.Dashboard.Locations;
using Sous.Plugins.Host.Dashboard.Runs;
using Sous.Plugins.Host.Dashboard.SignIn;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>The pages for people: how the connections do, why, and who must act.</summary>
internal static class DashboardRoom
{
    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, SessionHandler>(SessionHandler.SchemeName, null);
        services.Configure<AuthenticationSchemeOptions>(
            ApiKeyHandler.SchemeName, static api => api.ForwardDefaultSelector = static context => DashboardPage.IsFor(context.Request.Path) ? SessionHandler.SchemeName : null);
        return services
            .AddSingleton(SignInLimit.Limit)
            .AddSingleton<DashboardSessions>()
            .AddSingleton<PageChanges>()
            .AddSingleton<ConnectionParts>()
            .AddSingleton<ConnectionsPage>()
            .AddSingleton<ConnectionPage>()
            .AddSingleton<RunPage>()
            .AddSingleton<LocationsPage>()
            .AddSingleton<ConnectionLocationsPage>()
            .AddSingleton<DaysPage>()
            .AddSingleton<DayPage>()
            .AddSingleton<DeliveriesPage>()
            .AddSingleton<SubscriptionPage>()
            .AddSingleton<DeliveryPage>()
            .AddSingleton<EventLines>()
            .AddSingleton<EventsPage>();
    }

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").AddEndpointFilter<SameOrigin>().AddEndpointFilter(DashboardPages.AnswerAsync);
        DashboardAssets.Map(pages);
        var signedIn = pages.MapGroup("").RequireAccess(AccessLevel.Key);
        SignInEndpoint.Map(signedIn);
        PageChanges.Map(signedIn);
        ConnectionsPage.Map(signedIn);
        RunPage.Map(signedIn);
        DriversPage.Map(signedIn);
        HostsPage.Map(pages);
        ConnectionPage.Map(pages);
        ConnectionActions.Map(pages);
        LocationsPage.Map(signedIn);
        ConnectionLocationsPage.Map(pages);
        LocationActions.Map(pages);
        DaysPage.Map(signedIn, pages);
        DayPage.Map(pages);
        DaysDownload.Map(pages);
        RunActions.Map(signedIn, pages);
        DeliveriesPage.Map(signedIn);
        SubscriptionPage.Map(pages);
        DeliveryPage.Map(pages);
        DeliveryActions.Map(pages);
        EventsPage.Map(signedIn, pages);
        signedIn.MapMethods("/dashboard/{**rest}", OwnerPages.Reading, static () => DashboardPages.NoSuchPage);
    }
}
