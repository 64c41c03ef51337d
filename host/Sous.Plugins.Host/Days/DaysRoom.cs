namespace Sous.Plugins.Host.Days;

internal static class DaysRoom
{
    /// <summary>The day book and its tie-out. Needs the Changes and Syncing rooms and a registry.</summary>
    public static IServiceCollection AddDays(this IServiceCollection services) => services
        .AddSingleton<DayBook>()
        .AddSingleton<TieOutReader>();
}
