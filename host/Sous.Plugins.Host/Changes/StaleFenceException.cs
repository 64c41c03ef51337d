using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>A run tried to commit after a later run of the same connection and stream had begun. Nothing was written.</summary>
internal sealed class StaleFenceException(ConnectionId connection, StreamName stream, long fence)
    : Exception($"Run number {fence} of {stream} on {connection} is no longer the current one.");
