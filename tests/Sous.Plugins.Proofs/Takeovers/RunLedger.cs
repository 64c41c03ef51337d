using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>What the database knows of the runs of some connections' catalogues, each due every so often, whichever host began them.</summary>
/// <param name="database">Its connection string.</param>
/// <param name="dues">The first instant at which each connection is due, by its id.</param>
internal sealed class RunLedger(string database, IReadOnlyDictionary<string, DateTimeOffset> dues, TimeSpan period) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(database);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The first due instant of a connection that is due at that second and then every so often, by what the host adds to a schedule.</summary>
    public static DateTimeOffset FirstDueOf(string connection, int second, TimeSpan period)
        => DateTimeOffset.UnixEpoch.AddSeconds(second) + Jitter.Of(new SyncKey(new ConnectionId(connection), new StreamName("catalog")), new SyncingOptions().MaxJitter).Within(period);

    /// <summary>All runs, a connection's in the order of their fencing numbers.</summary>
    public async Task<IReadOnlyList<LedgerRun>> ReadAsync()
    {
        await using var command = _source.CreateCommand(
            "SELECT id, connection, fence, outcome, reason, started_at, ended_at, pages, inserted + updated FROM sous_plugins.runs WHERE stream = 'catalog' ORDER BY connection, fence");
        await using var rows = await command.ExecuteReaderAsync(Token);
        var runs = new List<LedgerRun>();
        while (await rows.ReadAsync(Token))
        {
            runs.Add(new LedgerRun(
                rows.GetString(0), rows.GetString(1), rows.GetInt64(2), rows.GetString(3), rows.IsDBNull(4) ? null : rows.GetString(4), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(5)),
                rows.IsDBNull(6) ? null : DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(6)), rows.GetInt64(7), rows.GetInt64(8)));
        }

        return runs;
    }

    /// <summary>Waits until each connection has had a run that began after that instant and completed.</summary>
    /// <returns>Whether that came to be.</returns>
    public async Task<bool> AllRanAsync(DateTimeOffset since, TimeSpan patience)
    {
        var over = TimeProvider.System.GetUtcNow() + patience;
        while (await CountRanAsync(since) < dues.Count)
        {
            if (TimeProvider.System.GetUtcNow() > over)
            {
                return false;
            }

            await Task.Delay(100, Token);
        }

        return true;
    }

    /// <summary>Each due instant from the one to the other, with how long it took until a run began that completed; one under way by then covers it.</summary>
    public IEnumerable<LedgerDue> ReadDues(IEnumerable<LedgerRun> runs, DateTimeOffset from, DateTimeOffset to)
    {
        var byConnection = runs.Where(static run => run is { Outcome: "Completed", EndedAt: not null }).ToLookup(static run => run.Connection);
        foreach (var (connection, first) in dues)
        {
            LedgerRun? last = null;
            using var completed = byConnection[connection].GetEnumerator();
            var isThere = completed.MoveNext();
            for (var due = first + (period * Math.Ceiling((from - first) / period)); due <= to; due += period)
            {
                while (isThere && completed.Current.EndedAt <= due)
                {
                    isThere = completed.MoveNext();
                }

                var run = isThere ? completed.Current : null;
                var wait = run?.StartedAt - due;
                yield return new LedgerDue(connection, due, wait < TimeSpan.Zero ? TimeSpan.Zero : wait, run is not null && run == last);
                last = run;
            }
        }
    }

    /// <summary>Runs that began before the one before them had ended.</summary>
    public static IEnumerable<(LedgerRun Earlier, LedgerRun Later)> FindOverlaps(IReadOnlyList<LedgerRun> runs)
        => runs.Zip(runs.Skip(1)).Where(static pair => pair.First.Connection == pair.Second.Connection && !(pair.First.EndedAt <= pair.Second.StartedAt));

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<long> CountRanAsync(DateTimeOffset since)
    {
        await using var command = _source.CreateCommand("SELECT count(DISTINCT connection) FROM sous_plugins.runs WHERE stream = 'catalog' AND started_at > $1 AND outcome = 'Completed'");
        command.Parameters.Add(new NpgsqlParameter { Value = since.ToUnixTimeMilliseconds() });
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }
}
