using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Events;

/// <summary>The failed run with which the platform was last told that a sync fails: until one goes well, it knows.</summary>
internal sealed record ToldFailure(ConnectionId Connection, StreamName Stream, string Run)
{
    public static readonly RegistryCollection<ToldFailure> Collection =
        new("told_failures", static told => Sync.KeyOf(new SyncKey(told.Connection, told.Stream)), EventsJson.Default.ToldFailure);
}
