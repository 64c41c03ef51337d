using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Runs and their fencing numbers. Writer only; <see cref="RunReader"/> reads them.</summary>
internal sealed class RunTable(Session session, Numbers numbers)
{
    /// <summary>So few that nobody who writes notices.</summary>
    public const int DroppedAtOnce = 200;

    private readonly Statement _fence = session.Prepare("SELECT fence FROM fences WHERE connection = ?1 AND stream = ?2");

    private readonly Statement _draw = session.Prepare("""
        INSERT INTO fences(connection, stream, fence) VALUES (?1, ?2, 1) ON CONFLICT(connection, stream) DO UPDATE SET fence = fence + 1
        """);

    private readonly Statement _insert = session.Prepare("""
        INSERT INTO runs(id, connection, stream, started_by, fence, first_day, last_day, outcome, reason, started_at, ended_at,
            pages, inserted, updated, unchanged, deleted, held)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        """);

    private readonly Statement _end = session.Prepare("""
        UPDATE runs SET outcome = ?2, reason = ?3, ended_at = ?4, pages = ?5, inserted = ?6, updated = ?7, unchanged = ?8, deleted = ?9, held = ?10
        WHERE id = ?1
        """);

    private readonly Statement _count = session.Prepare("""
        UPDATE runs SET pages = pages + ?7, inserted = inserted + ?2, updated = updated + ?3, unchanged = unchanged + ?4,
            deleted = deleted + ?5, held = held + ?6
        WHERE id = ?1
        """);

    private readonly Statement _note = session.Prepare("UPDATE runs SET reason = concat_ws(' ', reason, ?2) WHERE id = ?1");

    private readonly Statement _drop = session.Prepare("DELETE FROM runs WHERE no = ?1");

    /// <summary>The number drawn last, by the newest run or by whoever changed a checkpoint since; 0 for none.</summary>
    public long FenceOf(long connection, long stream)
    {
        if (!_fence.Bind(1, connection).Bind(2, stream).Step())
        {
            return 0;
        }

        var fence = _fence.Int64(0);
        _fence.Reset();
        return fence;
    }

    /// <summary>The next number: whoever has an earlier one writes no more.</summary>
    public long Draw(long connection, long stream)
    {
        _draw.Bind(1, connection).Bind(2, stream).Run();
        return FenceOf(connection, stream);
    }

    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public SyncRun Begin(SyncRun run)
    {
        var connection = numbers.Number(run.Connection, run.Tenant) ?? throw new StaleFenceException(run.Connection, run.Stream, run.Fence);
        var stream = numbers.NumberOf(run.Stream.Value);
        var begun = run with { Fence = Draw(connection.No, stream) };
        _insert.Bind(1, begun.Id).Bind(2, connection.No).Bind(3, stream).Bind(4, begun.Trigger).Bind(5, begun.Fence)
            .Bind(6, (long?)begun.From?.DayNumber).Bind(7, (long?)begun.To?.DayNumber).Bind(8, begun.Outcome.ToString()).Bind(9, begun.Reason)
            .Bind(10, begun.StartedAt.ToUnixTimeMilliseconds()).Bind(11, begun.EndedAt?.ToUnixTimeMilliseconds()).Bind(12, begun.Pages)
            .Bind(13, begun.Inserted).Bind(14, begun.Updated).Bind(15, begun.Unchanged).Bind(16, begun.Deleted).Bind(17, begun.Held)
            .Run();
        return begun;
    }

    public void End(SyncRun run) => _end.Bind(1, run.Id).Bind(2, run.Outcome.ToString()).Bind(3, run.Reason)
        .Bind(4, run.EndedAt?.ToUnixTimeMilliseconds()).Bind(5, run.Pages).Bind(6, run.Inserted).Bind(7, run.Updated)
        .Bind(8, run.Unchanged).Bind(9, run.Deleted).Bind(10, run.Held)
        .Run();

    public void Drop(IEnumerable<long> runs)
    {
        foreach (var run in runs)
        {
            _drop.Bind(1, run).Run();
        }
    }

    /// <summary>Adds a sentence to what its reason says.</summary>
    public void Note(string run, string sentence) => _note.Bind(1, run).Bind(2, sentence).Run();

    /// <summary>Adds a page to the run's counts, so that they are right also where its host is killed.</summary>
    /// <param name="pages">One, or none where records go that no page names.</param>
    public void Count(string run, CommitResult result, int pages) => _count.Bind(1, run).Bind(2, result.Inserted).Bind(3, result.Updated)
        .Bind(4, result.Unchanged).Bind(5, result.Deleted).Bind(6, result.Held).Bind(7, pages)
        .Run();
}
