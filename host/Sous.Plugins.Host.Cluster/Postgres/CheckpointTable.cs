using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Checkpoints by scope.</summary>
internal static class CheckpointTable
{
    private const string Open = "FROM checkpoints p JOIN connections k ON k.id = p.connection AND NOT k.deleted WHERE p.connection = $1 AND p.stream = $2";

    public static void Put(NpgsqlBatch batch, Scope scope, Checkpoint checkpoint, long fence, DateTimeOffset at) => batch.Add(
        """
        INSERT INTO checkpoints(connection, stream, place, value, fence, stored_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (connection, stream, place) DO UPDATE SET value = excluded.value, fence = excluded.fence, stored_at = excluded.stored_at
        """,
        scope.Connection.Value, scope.Stream.Value, scope.Location ?? "", checkpoint.Value, fence, at.ToUnixTimeMilliseconds());

    /// <returns>How many rows it wrote.</returns>
    public static async Task<int> ChangeAsync(
        NpgsqlConnection connection, SyncKey sync, IReadOnlyCollection<(string? Location, Checkpoint? To)> changes, Action<IReadOnlyList<StoredCheckpoint>> check, DateTimeOffset at)
    {
        if (!await ConnectionTable.ShareAsync(connection, sync.Connection, tenant: null))
        {
            check([]);
            return 0;
        }

        var fence = await connection.FindAsync<long>(FenceTable.Draw, CancellationToken.None, sync.Connection.Value, sync.Stream.Value);
        // With the number drawn nobody else writes them.
        check(await ListAsync(connection, sync, CancellationToken.None));
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (location, to) in changes)
        {
            var scope = new Scope(sync.Connection, sync.Stream, location);
            if (to is null)
            {
                batch.Add("DELETE FROM checkpoints WHERE connection = $1 AND stream = $2 AND place = $3", sync.Connection.Value, sync.Stream.Value, location ?? "");
            }
            else
            {
                Put(batch, scope, to, fence, at);
            }

            ListedMarks.Cut(batch, scope);
        }

        return changes.Count == 0 ? 0 : await batch.ExecuteNonQueryAsync();
    }

    public static async Task<Checkpoint?> ReadAsync(NpgsqlConnection connection, Scope scope, CancellationToken cancellationToken) => await connection.FindAsync(
        $"SELECT p.value {Open} AND p.place = $3", static row => new Checkpoint(row.GetString(0)), cancellationToken, scope.Connection.Value, scope.Stream.Value, scope.Location ?? "");

    public static Task<List<StoredCheckpoint>> ListAsync(NpgsqlConnection connection, SyncKey sync, CancellationToken cancellationToken) => connection.ListAsync(
        $"SELECT p.place, p.value, p.fence, p.stored_at {Open}",
        static row => new StoredCheckpoint(row.Place(0), new Checkpoint(row.GetString(1)), row.GetInt64(2), row.Instant(3)),
        cancellationToken,
        sync.Connection.Value,
        sync.Stream.Value);
}
