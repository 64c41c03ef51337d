using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <param name="Tenant">Null while only a checkpoint was set.</param>
internal sealed record StoredConnection(TenantId? Tenant, bool Deleted);
