using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What this room needs of drivers: a seam, so that a test brings a driver of its own.</summary>
/// <param name="FindManifest">The manifest of the generation that serves now, or null where none does.</param>
/// <param name="OpenAsync">Makes the driver of one connection, for one run; whoever opened it disposes of it.</param>
internal sealed record DriverAccess(
    Func<DriverId, DriverManifest?> FindManifest,
    Func<Connection, CancellationToken, ValueTask<DriverSession>> OpenAsync)
{
    public static DriverAccess Of(DriverCatalog catalog, DriverSessions sessions, ConnectionAuthorization authorization) => new(
        id => catalog.TryGet(id, out var driver) ? driver.Manifest : null,
        (connection, _) => catalog.TryGet(connection.Driver, out var driver)
            ? ValueTask.FromResult(sessions.Open(driver, connection, authorization.CreateHandler(connection)))
            : throw new DriverException(FailureKind.Misconfigured, $"The driver {connection.Driver} is not loaded."));
}
