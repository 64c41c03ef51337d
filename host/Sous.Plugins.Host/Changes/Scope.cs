using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>The one key of checkpoint, run, window, lease and freshness.</summary>
/// <param name="Location">The service's id of the location; null where the manifest scopes the stream by connection.</param>
internal readonly record struct Scope(ConnectionId Connection, StreamName Stream, string? Location);
