using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>A connection as the tables know it.</summary>
/// <param name="Tenant">The tenant's number, or null while only a checkpoint was set.</param>
/// <param name="Deleted">Its number and id stay, so that a run that wakes up late finds no room to write.</param>
internal sealed record StoredConnection(long No, ConnectionId Id, long? Tenant, bool Deleted)
{
    /// <summary>Own location by place, both as names. The writer's alone.</summary>
    public Dictionary<long, long> Mappings { get; init; } = [];
}
