using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Days.Closings;

namespace Sous.Plugins.Host.Days;

internal static class DaysRoom
{
    /// <summary>The day book and its tie-out. Needs the Changes and Syncing rooms and a registry.</summary>
    public static IServiceCollection AddDays(this IServiceCollection services) => services
        .AddSingleton<DayBook>()
        .AddSingleton<DayViews>()
        .AddSingleton<TieOutReader>();

    /// <summary>Closes the days by itself. Needs the Connections, Events and Locations rooms too.</summary>
    public static IServiceCollection AddClosings(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<DaysOptions, DaysOptionsValidator>().BindConfiguration("Days");
        return services
            .AddSingleton<ClosingNews>()
            .AddSingleton<ClosingTie>()
            .AddSingleton<ClosingRuns>()
            .AddSingleton<ClosingWork>()
            .AddHostedAfterAdoption<DayCloser>();
    }
}
