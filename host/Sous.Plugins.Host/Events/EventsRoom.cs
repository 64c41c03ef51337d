namespace Sous.Plugins.Host.Events;

internal static class EventsRoom
{
    /// <summary>The log of what happened to connections. Needs the registry.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services) => services.AddSingleton<EventLog>();
}
