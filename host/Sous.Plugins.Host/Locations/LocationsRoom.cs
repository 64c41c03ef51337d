using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Locations.Suggestions;

namespace Sous.Plugins.Host.Locations;

internal static class LocationsRoom
{
    /// <summary>Discovery and mapping. Needs what the syncing room needs, and that room itself.</summary>
    public static IServiceCollection AddLocations(this IServiceCollection services) => services
        .AddSingleton<LocationDirectory>()
        .AddSingleton<LocationDiscovery>()
        .AddSingleton<SuggestionFinder>()
        .AddHostedAfterAdoption<LocationDiscovery>();
}
