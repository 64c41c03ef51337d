using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>What runs have left of each scope. Written by the writer only, read with any session.</summary>
internal sealed class FetchTable(Session session, Numbers numbers, RunTable runs)
{
    private readonly Statement _put = session.Prepare("""
        INSERT INTO fetches(connection, stream, place, through, trouble, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT(connection, stream, place) DO UPDATE SET through = coalesce(excluded.through, through), trouble = excluded.trouble, cause = excluded.cause
        """);

    public void Write(SyncRun run, IReadOnlyList<ScopeFetch> fetches)
    {
        if (fetches.Count == 0 || numbers.Find(run.Connection) is not { Deleted: false } connection)
        {
            return;
        }

        var stream = numbers.NumberOf(run.Stream.Value);
        if (runs.FenceOf(connection.No, stream) != run.Fence)
        {
            // What the run that has begun since leaves is newer.
            return;
        }

        foreach (var fetch in fetches)
        {
            _put.Bind(1, connection.No).Bind(2, stream).Bind(3, numbers.NumberOf(fetch.Location)).Bind(4, fetch.Through?.ToUnixTimeMilliseconds())
                .Bind(5, fetch.Trouble?.ToString()).Bind(6, fetch.Cause).Run();
        }
    }

    public List<ScopeFetch> List(Session reader, ConnectionId connection, StreamName stream)
    {
        var fetches = new List<ScopeFetch>();
        var rows = reader.Prepare("SELECT place, through, trouble, cause FROM fetches WHERE connection = ?1 AND stream = ?2")
            .Bind(1, numbers.Find(connection)?.No ?? 0).Bind(2, numbers.Find(stream.Value));
        while (rows.Step())
        {
            fetches.Add(new ScopeFetch(
                rows.Int64(0) == 0 ? null : numbers.NameOf(rows.Int64(0)),
                rows.IsNull(1) ? null : DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(1)),
                rows.IsNull(2) ? null : Enum.Parse<Trouble>(rows.Text(2)),
                rows.IsNull(3) ? null : rows.Text(3)));
        }

        return fetches;
    }
}
