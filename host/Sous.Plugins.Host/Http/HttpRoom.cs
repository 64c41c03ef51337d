using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Deliveries;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Doctor;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Http.Idempotency;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Checkpoints;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Http;

/// <summary>The listener's pipeline, and every room's endpoints on it.</summary>
internal static class HttpRoom
{
    public static IServiceCollection AddHttp(this IServiceCollection services) => services
        .AddRouting()
        .AddProblemDetails()
        .AddExceptionHandler<ExceptionProblems>()
        .AddTrustedProxies()
        .AddSingleton<ServerCertificate>()
        .AddConnectLimits()
        .AddSingleton<RequestLimits>()
        .AddApiDocument()
        .AddSingleton<NamedRequests>()
        .ConfigureHttpJsonOptions(HttpJson.Configure)

        // Otherwise a body that cannot be read is answered with an empty 400, which names nothing.
        .Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);

    /// <summary>What every request goes through.</summary>
    public static void UsePipeline(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<RequestLimits>();
        app.UseTrustedProxies();
        app.Use(PageProtection.ProtectAsync);
        app.UsePublicListener();
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = static _ => true });
        app.UseBareRefusals();
        app.UseRouting();
        app.Use(OwnerPage.AnswerUnroutedAsync);

        // Owners' browsers have no key. Leaving here, before anybody is asked for one, also keeps a flood of forged callbacks cheap.
        app.MapWhen(static context => OwnerPage.IsFor(context.Request.Path), pages =>
        {
            pages.Use(limits.ServeAsync);
            pages.UseAdoptionGate();
            pages.UseEndpoints(static _ => { });
        });
        app.MapWhen(static context => WebhookEndpoint.IsFor(context.Request.Path), static webhooks =>
        {
            webhooks.UseEndpoints(static _ => { });
            webhooks.Run(WebhookEndpoint.RefuseAsync);
        });
        app.UseAuthentication();
        app.UseAudit();
        app.UseAuthorization();
        app.Use(QueryNames.RefuseUnknownAsync);
        app.UseAdoptionGate();
        app.UseFreezeGate();
        // Before a request's name is kept: what is too much at once writes nothing.
        app.Use(limits.ServeAsync);
        app.Use(app.Services.GetRequiredService<NamedRequests>().ServeAsync);
    }

    public static void MapRooms(this WebApplication app)
    {
        app.UsePipeline();
        app.MapHealth();
        app.MapMetrics();
        app.MapApiDocument();
        app.MapGroup("").RequireAccess(AccessLevel.Key).MapDrivers();
        app.MapTenants();
        app.MapKeys();
        app.MapAudit();
        app.MapSecrets();
        app.MapConnectSessions();
        app.MapDirectConnections();
        app.MapConnections();
        app.MapLocations();
        app.MapSyncing();
        app.MapCheckpoints();
        app.MapChanges();
        app.MapRecords();
        app.MapEvents();
        app.MapSubscriptions();
        app.MapDeliveries();
        app.MapEmergency();
        app.MapDoctor();
        app.MapLogLevels();
        app.MapHosts();
        app.MapDays();
        app.MapLive();
        app.MapBackup();
        app.MapAdopt();
        app.MapDashboard();
        app.MapOwnerPages();
        WebhookEndpoint.Map(app);
    }

    /// <summary>What can be done to a data folder without a worker on it.</summary>
    public static void MapOfflineRooms(this WebApplication app)
    {
        app.UsePipeline();
        app.MapKeys();
        app.MapAudit();
        app.MapSecrets();
        app.MapBackup();
    }
}
