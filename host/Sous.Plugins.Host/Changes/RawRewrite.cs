using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>A record's Raw as it is to be stored in place of what is stored, or null where it is to stay.</summary>
internal delegate byte[]? RawRewrite(TenantId tenant, ConnectionId connection, StreamName stream, string id, ReadOnlySpan<byte> stored);
