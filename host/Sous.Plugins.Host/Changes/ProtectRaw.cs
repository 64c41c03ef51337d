using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Changes;

/// <summary>Encrypts a service's own JSON of a record under the tenant's data key, bound to the record.</summary>
internal delegate byte[] ProtectRaw(TenantId tenant, ConnectionId connection, string recordId, ReadOnlySpan<byte> raw);
