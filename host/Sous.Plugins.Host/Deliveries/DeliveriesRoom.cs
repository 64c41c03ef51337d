using Microsoft.Extensions.DependencyInjection.Extensions;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Deliveries;

internal static class DeliveriesRoom
{
    /// <summary>
    /// Tells the platform by itself: a subscription says what is wanted and where, the feeder reads the log into the outbox, the worker
    /// goes through its lanes, the sender sends. Wants the rooms of Changes, Events, Credentials and Authorization.
    /// </summary>
    public static IServiceCollection AddDeliveries(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<DeliveriesOptions, DeliveriesOptionsValidator>().BindConfiguration("Deliveries")
            .Validate(static options => options.AllowedAddresses.TrueForAll(DeliveryAddresses.IsOrigin), "SOUS_Deliveries__AllowedAddresses are origins, such as http://10.0.0.5:8080.");
        return services
            .AddSubscriptionSecrets()
            .AddSingleton<SubscriptionStore>()
            .AddSingleton<SubscriptionViews>()
            .AddSingleton<DeliveryAddresses>()
            .AddSingleton<DeliverySender>()
            .AddSingleton<DeliveryMetrics>()
            .AddStanding<OutboxMetrics>(static metrics => metrics.ReadAsync)
            .AddSingleton<DeliveryReplays>()
            .AddHostedAfterAdoption<DeliveryWorker>()
            .AddHostedAfterAdoption<OutboxFeeder>();
    }

    /// <summary>What a rotation of the data keys needs of this room.</summary>
    public static IServiceCollection AddSubscriptionSecrets(this IServiceCollection services)
    {
        services.TryAddSingleton<SubscriptionSecrets>();
        return services;
    }
}
