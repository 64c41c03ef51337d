using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Revoking;

/// <summary>Deletes all records of a connection from the change store; doing it again changes nothing.</summary>
internal delegate Task RecordsDeletion(TenantId tenant, ConnectionId connection, DateTimeOffset at, CancellationToken cancellationToken);
