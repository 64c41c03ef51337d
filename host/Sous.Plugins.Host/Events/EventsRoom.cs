using Sous.Plugins.Host.Backup;

namespace Sous.Plugins.Host.Events;

internal static class EventsRoom
{
    /// <summary>The log of what happened to connections and their records. Needs the registry.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services) => services.AddSingleton<EventLog>();

    /// <summary>Events of the records that come into the feed, and of runs that fail to bring them. Needs the rooms of Changes and Syncing.</summary>
    public static IServiceCollection AddRecordNews(this IServiceCollection services) => services.AddHostedAfterAdoption<RecordNews>().AddHostedAfterAdoption<SyncNews>();
}
