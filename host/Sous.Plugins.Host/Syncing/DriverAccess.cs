using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What this room needs of drivers: a seam, so that a test brings a driver of its own.</summary>
/// <param name="FindManifest">The manifest of the generation that serves now, or null where none does.</param>
/// <param name="OpenAsync">Makes the driver of one connection, for one run and at its priority; whoever opened it disposes of it.</param>
internal sealed record DriverAccess(
    Func<DriverId, DriverManifest?> FindManifest,
    Func<Connection, CallPriority, CancellationToken, ValueTask<DriverSession>> OpenAsync)
{
    /// <summary>The build that serves now, for which defects are counted, or null where none does.</summary>
    public Func<DriverId, DriverBuild?> FindBuild { get; init; } = static _ => null;

    /// <summary>The quarantine of the build that serves now, or null.</summary>
    public Func<DriverId, Quarantine?> FindQuarantine { get; init; } = static _ => null;

    /// <summary>Told of what a driver failed with, since only the driver may know that it is a limit of the service's.</summary>
    public Func<DriverId, ConnectionId, DriverException, Task> HeedAsync { get; init; } = static (_, _, _) => Task.CompletedTask;

    public static DriverAccess Of(DriverCatalog catalog, DriverSessions sessions, DriverDefects defects, CallBudgets budgets, ConnectionAuthorization authorization) => new(
        id => catalog.TryGet(id, out var driver) ? driver.Manifest : null,
        (connection, priority, _) => catalog.TryGet(connection.Driver, out var driver)
            ? ValueTask.FromResult(sessions.Open(driver, connection, authorization.CreateHandler(connection), priority))
            : throw new DriverException(FailureKind.Misconfigured, $"The driver {connection.Driver} is not loaded."))
    {
        HeedAsync = budgets.HeedAsync,
        FindBuild = id => catalog.TryGet(id, out var driver) ? driver.Build : null,
        FindQuarantine = id => catalog.TryGet(id, out var driver) ? defects.Find(driver.Build) : null,
    };
}
