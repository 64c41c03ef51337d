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
        WITH drawn AS ({FenceTable.Draw})
        INSERT INTO runs(id, connection, stream, started_by, fence, first_day, last_day, outcome, reason, started_at, ended_at,
            pages, inserted, updated, unchanged, deleted, held)
        SELECT $3, $1, $2, $4, drawn.fence, $5::integer, $6::integer, $7, $8::text, $9, $10::bigint, $11, $12, $13, $14, $15, $16 FROM drawn RETURNING fence
        """;

    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public static async Task<SyncRun> BeginAsync(NpgsqlConnection connection, SyncRun run)
    {
        if (!await ConnectionTable.ShareAsync(connection, run.Connection, run.Tenant))
        {
            throw new StaleFenceException(run.Connection, run.Stream, run.Fence);
        }

        await using var batch = new NpgsqlBatch(connection).Add(
            Insert, run.Connection.Value, run.Stream.Value, run.Id, run.Trigger, run.From?.DayNumber, run.To?.DayNumber, run.Outcome.ToString(), run.Reason,
            run.StartedAt.ToUnixTimeMilliseconds(), run.EndedAt?.ToUnixTimeMilliseconds(), (long)run.Pages, run.Inserted, run.Updated, run.Unchanged, run.Deleted, run.Held);
        return run with { Fence = await batch.ReadNumberAsync() };
    }

    public static Task<int> EndAsync(NpgsqlConnection connection, SyncRun run) => connection.ExecuteAsync(
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
}
