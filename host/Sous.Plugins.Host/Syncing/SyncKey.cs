using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>One sync: this stream of this connection. At most one run of it exists at any time.</summary>
internal readonly record struct SyncKey(ConnectionId Connection, StreamName Stream)
{
    public override string ToString() => $"{Connection}/{Stream}";
}
