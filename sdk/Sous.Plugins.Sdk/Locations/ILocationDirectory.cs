namespace Sous.Plugins.Sdk.Locations;

/// <summary>The ability to list the locations of the connection's account.</summary>
public interface ILocationDirectory : IDriver
{
    /// <summary>All locations that the grant reaches, closed ones included.</summary>
    /// <param name="cancellationToken">Honoured within a second.</param>
    /// <exception cref="DriverException">The service could not be asked; a partial list is never returned.</exception>
    ValueTask<IReadOnlyList<Location>> DiscoverLocationsAsync(CancellationToken cancellationToken);
}
