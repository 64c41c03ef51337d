using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Webhooks.Channels;

namespace Sous.Plugins.Host.Webhooks;

internal static class WebhooksRoom
{
    /// <summary>Takes services' webhooks and works them off. Wants the rooms of Changes, Connections, Authorization, Syncing, Locations, Events and Drivers.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services) => services
        .AddSingleton<WebhookAddresses>()
        .AddSingleton<WebhookViews>()
        .AddSingleton<DriverWebhooks>(static provider => provider.GetRequiredService<WebhookViews>().FindAsync)
        .AddSingleton<WebhookIntake>()
        .AddSingleton<WebhookMetrics>()
        .AddSingleton<WebhookEndpoint>()
        .AddSingleton<InboxNews>()
        .AddSingleton<InboxWork>()
        .AddSingleton<ChannelCalls>()
        .AddHostedAfterAdoption<WebhookWatch>()
        .AddHostedAfterAdoption<InboxWorker>()
        .AddHostedAfterAdoption<ChannelKeeper>();
}
