using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Checkpoints by scope. Written by the writer only, read with any session.</summary>
internal sealed class CheckpointTable(Session session, Numbers numbers)
{
    private const string Select = "SELECT value FROM checkpoints WHERE connection = ?1 AND stream = ?2 AND place = ?3";

    private readonly Statement _put = session.Prepare("""
        INSERT INTO checkpoints(connection, stream, place, value, fence, stored_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT(connection, stream, place) DO UPDATE SET value = excluded.value, fence = excluded.fence, stored_at = excluded.stored_at
        """);

    private readonly Statement _delete = session.Prepare("DELETE FROM checkpoints WHERE connection = ?1 AND stream = ?2 AND place = ?3");

    public void Write(StoredConnection connection, Scope scope, Checkpoint? checkpoint, long fence, DateTimeOffset at)
    {
        var statement = (checkpoint is null ? _delete : _put)
            .Bind(1, connection.No).Bind(2, numbers.NumberOf(scope.Stream.Value)).Bind(3, numbers.NumberOf(scope.Location));
        (checkpoint is null ? statement : statement.Bind(4, checkpoint.Value).Bind(5, fence).Bind(6, at.ToUnixTimeMilliseconds())).Run();
    }

    public List<StoredCheckpoint> List(Session reader, SyncKey sync)
    {
        var stored = new List<StoredCheckpoint>();
        if (numbers.Find(sync.Connection) is not { Deleted: false } connection)
        {
            return stored;
        }

        var rows = reader.Prepare("SELECT place, value, fence, stored_at FROM checkpoints WHERE connection = ?1 AND stream = ?2")
            .Bind(1, connection.No).Bind(2, numbers.Find(sync.Stream.Value));
        while (rows.Step())
        {
            stored.Add(new StoredCheckpoint(
                rows.Int64(0) == 0 ? null : numbers.NameOf(rows.Int64(0)),
                new Checkpoint(rows.Text(1)),
                rows.Int64(2),
                rows.Int64(3) == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(3))));
        }

        return stored;
    }

    public Checkpoint? Read(Session reader, Scope scope)
    {
        var stream = numbers.Find(scope.Stream.Value);
        var place = numbers.Find(scope.Location);
        if (numbers.Find(scope.Connection) is not { Deleted: false } connection || (scope.Location is not null && place == 0))
        {
            return null;
        }

        var row = reader.Prepare(Select).Bind(1, connection.No).Bind(2, stream).Bind(3, place);
        if (!row.Step())
        {
            return null;
        }

        var checkpoint = new Checkpoint(row.Text(0));
        row.Reset();
        return checkpoint;
    }
}
