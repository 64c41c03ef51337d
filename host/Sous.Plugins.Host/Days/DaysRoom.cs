namespace Sous.Plugins.Host.Days;

internal static class DaysRoom
{
    /// <summary>The day book. Needs the Changes room and a registry.</summary>
    public static IServiceCollection AddDays(this IServiceCollection services) => services.AddSingleton<DayBook>();
}
