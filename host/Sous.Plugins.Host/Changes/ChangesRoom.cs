using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Changes;

internal static class ChangesRoom
{
    /// <summary>
    /// The change store of the data folder, opened when first asked for and closed with the host, and the encoder of what goes
    /// into it. Needs a <see cref="DataFolder"/> that was claimed, and the Credentials room.
    /// </summary>
    public static IServiceCollection AddChanges(this IServiceCollection services) => services
        .AddSingleton(static provider => SqliteChangeStore.Open(provider.GetRequiredService<DataFolder>().ChangesFile))
        .AddSingleton<IChangeStore>(static provider => provider.GetRequiredService<SqliteChangeStore>())
        .AddSingleton<IInbox>(static provider => provider.GetRequiredService<SqliteChangeStore>().Inbox)
        .AddSingleton<IClosings>(static provider => provider.GetRequiredService<SqliteChangeStore>().Closings)
        .AddSingleton<IOutbox>(static provider => provider.GetRequiredService<SqliteChangeStore>().Outbox)
        .AddSingleton<IListings>(static provider => provider.GetRequiredService<SqliteChangeStore>().Listings)
        .AddSingleton<IGaps>(static provider => provider.GetRequiredService<SqliteChangeStore>().Gaps)
        .AddSingleton<IBackfills>(static provider => provider.GetRequiredService<SqliteChangeStore>().Backfills)
        .AddStanding<FeedMetrics>(static metrics => metrics.ReadAsync)
        .AddSingleton<RecordEncoder>();

    /// <summary>Drops what is kept no longer. Not for a copy that waits to be adopted.</summary>
    public static IServiceCollection AddStoreCompaction(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<ChangesOptions, ChangesOptionsValidator>().BindConfiguration("Changes");
        return services.AddHostedAfterAdoption<StoreCompaction>();
    }
}
