using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Writes runs; <see cref="RunReader"/> reads them.</summary>
internal static class RunTable
{
    /// <summary>So few that nobody who writes notices.</summary>
    public const int DroppedAtOnce = 200;

    private const string Insert = $"""
        WITH owned AS ({ConnectionTable.ShareOwned}),
        drawn AS ({FenceTable.DrawOwned})
        INSERT INTO runs(connection, stream, id, started_by, fence, first_day, last_day, outcome, reason, started_at, ended_at,
            pages, inserted, updated, unchanged, deleted, held)
        SELECT $1, $3, $4, $5, drawn.fence, $6::integer, $7::integer, $8, $9::text, $10, $11::bigint, $12, $13, $14, $15, $16, $17 FROM drawn RETURNING fence
        """;

    /// <summary>In one message, which may be sent twice, where the connection is known.</summary>
    /// <exception cref="StaleFenceException">The connection is deleted or another tenant's. Nothing was written.</exception>
    public static async Task<SyncRun> BeginAsync(NpgsqlConnection connection, SyncRun run)
    {
        var fence = await InsertAsync(connection, run);
        if (fence == 0 && await ConnectionTable.ShareAsync(connection, run.Connection, run.Tenant))
        {
            fence = await InsertAsync(connection, run);
        }

        return fence != 0 ? run with { Fence = fence } : throw new StaleFenceException(run.Connection, run.Stream, run.Fence);
    }

    public static NpgsqlBatch AddEnd(this NpgsqlBatch batch, SyncRun run) => batch.Add(
        """
        UPDATE runs SET outcome = $2, reason = $3::text, ended_at = $4::bigint, pages = $5, inserted = $6, updated = $7, unchanged = $8, deleted = $9, held = $10 WHERE id = $1
        """,
        run.Id, run.Outcome.ToString(), run.Reason, run.EndedAt?.ToUnixTimeMilliseconds(), (long)run.Pages, run.Inserted, run.Updated, run.Unchanged, run.Deleted, run.Held);

    public static Task<int> DropAsync(NpgsqlConnection connection, IReadOnlyList<long> runs) => connection.ExecuteAsync("DELETE FROM runs WHERE no = ANY($1)", runs);

    /// <summary>Adds a page to the run's counts, so that they are right also where its host is killed.</summary>
    /// <param name="pages">One, or none where records go that no page names.</param>
    public static void Count(NpgsqlBatch batch, string run, CommitResult result, int pages) => batch.Add(
        """
        UPDATE runs SET pages = pages + $7, inserted = inserted + $2, updated = updated + $3, unchanged = unchanged + $4, deleted = deleted + $5, held = held + $6 WHERE id = $1
        """,
        run, (long)result.Inserted, (long)result.Updated, (long)result.Unchanged, (long)result.Deleted, (long)result.Held, (long)pages);

    /// <summary>Adds a sentence to what its reason says.</summary>
    public static NpgsqlBatch AddNote(this NpgsqlBatch batch, string run, string sentence) => batch.Add("UPDATE runs SET reason = concat_ws(' ', reason, $2) WHERE id = $1", run, sentence);

    /// <returns>Its number, 0 where the connection is not the tenant's.</returns>
    private static async Task<long> InsertAsync(NpgsqlConnection connection, SyncRun run)
    {
        try
        {
            return await TryInsertAsync(connection, run);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // It was written though nobody said so, with a number that is the newest still: drawing another one was undone.
            return await connection.FindAsync<long>("SELECT fence FROM runs WHERE id = $1", CancellationToken.None, run.Id);
        }
    }

    private static async Task<long> TryInsertAsync(NpgsqlConnection connection, SyncRun run)
    {
        await using var batch = new NpgsqlBatch(connection).Add(
            Insert, run.Connection.Value, run.Tenant.Value, run.Stream.Value, run.Id, run.Trigger, run.From?.DayNumber, run.To?.DayNumber, run.Outcome.ToString(), run.Reason,
            run.StartedAt.ToUnixTimeMilliseconds(), run.EndedAt?.ToUnixTimeMilliseconds(), (long)run.Pages, run.Inserted, run.Updated, run.Unchanged, run.Deleted, run.Held);
        return await batch.ReadNumberAsync();
    }
}
