using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What runs say about their connection. Writes only where its condition changes: a run that goes well writes nothing to the registry.</summary>
internal sealed class ConnectionHealth(IRegistry registry, TimeProvider clock)
{
    /// <summary>The discovery of locations, told apart from the streams.</summary>
    public static readonly StreamName Locations = new("locations");

    /// <param name="part">What ran: a stream, or the discovery of locations.</param>
    public async Task TakeAsync(ConnectionId id, StreamName part, RunEnd end, CancellationToken cancellationToken)
    {
        var known = await registry.FindAsync(Connection.Collection, id.Value, cancellationToken);
        if (known is not null && Next(known, part, end) is not null)
        {
            await registry.WriteAsync(
                transaction =>
                {
                    if (transaction.Find(Connection.Collection, id.Value) is { } current && Next(current, part, end) is { } next)
                    {
                        transaction.Put(Connection.Collection, next with { ChangedAt = clock.GetUtcNow() });
                    }
                },
                cancellationToken);
        }
    }

    /// <returns>The connection as it is to be, or null where it stays as it is.</returns>
    private static Connection? Next(Connection connection, StreamName part, RunEnd end)
    {
        if (connection.Status is not (ConnectionStatus.Ok or ConnectionStatus.Refreshing or ConnectionStatus.NeedsAttention))
        {
            return null;
        }

        // One part's trouble is cleared by that part alone.
        var mark = $"{part}: ";
        var next = end.Outcome switch
        {
            SyncOutcome.NeedsReconnect => connection with { Status = ConnectionStatus.NeedsReconnect, Cause = mark + end.Reason, Actor = end.Actor },
            SyncOutcome.NeedsAttention or SyncOutcome.Suspect => connection with { Status = ConnectionStatus.NeedsAttention, Cause = mark + end.Reason, Actor = end.Actor },
            SyncOutcome.RetryLater when part == Locations && connection.Cause is null => connection with { Cause = mark + end.Reason },
            SyncOutcome.Completed when connection.Cause?.StartsWith(mark, StringComparison.Ordinal) == true
                => connection with { Status = connection.Status == ConnectionStatus.NeedsAttention ? ConnectionStatus.Ok : connection.Status, Cause = null, Actor = Actor.Nobody },
            _ => connection,
        };
        return (next.Status, next.Cause, next.Actor) == (connection.Status, connection.Cause, connection.Actor) ? null : next;
    }
}
