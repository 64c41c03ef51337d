using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Connections;

/// <summary>Has a new generation of a driver probe one connection that works, before it takes the old one's place. What the service or its owner is to blame for says nothing of the driver.</summary>
internal sealed class GenerationTrials(IRegistry registry, ConnectionProbe probe, ConnectionAuthorization authorization)
{
    public async Task<Finding?> TryAsync(LoadedDriver candidate, CancellationToken cancellationToken)
    {
        var connections = await registry.ListAsync(Connection.Collection, "", cancellationToken);
        if (connections.FirstOrDefault(connection => connection.Driver == candidate.Id && connection.Status == ConnectionStatus.Ok) is not { } connection)
        {
            return null;
        }

        var end = await probe.AskAsync(candidate, connection, authorization.CreateHandler(connection), cancellationToken);
        return end.Failure is FailureKind.Defect or FailureKind.Misconfigured
            ? new Finding($"Its probe of connection {connection.Id}, which works, failed: {end.Cause}", "Put the version before back, or mend what it names.")
            : null;
    }
}
