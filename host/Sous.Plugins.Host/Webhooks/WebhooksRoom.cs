using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Webhooks.Channels;

namespace Sous.Plugins.Host.Webhooks;

internal static class WebhooksRoom
{
    /// <summary>Takes services' webhooks and works them off. Wants the rooms of Changes, Connections, Authorization, Syncing, Locations, Events and Drivers.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<WebhooksOptions, WebhooksOptionsValidator>().BindConfiguration("Webhooks");
        return services
            .AddSingleton<WebhookAddresses>()
            .AddSingleton<WebhookViews>()
            .AddSingleton<DriverWebhooks>(static provider => provider.GetRequiredService<WebhookViews>().FindAsync)
            .AddSingleton<WebhookIntake>()
            .AddSingleton<WebhookMetrics>()
            .AddSingleton<WebhookEndpoint>()
            .AddSingleton<InboxNews>()
            .AddSingleton<InboxWork>()
            .AddSingleton<ChannelCalls>()
            .AddStanding<UntoldChanges>(static untold => untold.ReadAsync)
            .AddHostedAfterAdoption<WebhookTallies>()
            .AddHostedAfterAdoption<WebhookWatch>()
            .AddHostedAfterAdoption<InboxWorker>()
            .AddHostedAfterAdoption<ChannelKeeper>();
    }
}
