using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Sous.Plugins.Benchmarks.Store;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>The rows that the host left behind, stored once more with bare Microsoft.Data.Sqlite: the same ids, bodies, hashes and Raws, a commit per page.</summary>
internal sealed class StoredRows(string data)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>The ids that the last copy found.</summary>
    public IReadOnlySet<string> Ids => _ids;

    /// <summary>Mean bytes of a record's canonical JSON.</summary>
    public long MeanBody { get; private set; }

    /// <summary>Mean bytes of a record's own JSON as the host stores it, compressed and encrypted.</summary>
    public long MeanRaw { get; private set; }

    /// <summary>Only the commits are timed, not the reading of what they store.</summary>
    public Measure CopyTo(string path)
    {
        using var bare = new BareRows(path);
        using var source = new SqliteConnection($"Data Source={Path.Combine(data, "changes.db")};Mode=ReadOnly;Pooling=False");
        source.Open();
        using var select = source.CreateCommand();
        select.CommandText = """
            SELECT c.id, c.day, c.body, r.hash, w.raw FROM changes c
            JOIN records r ON r.connection = c.connection AND r.stream = c.stream AND r.id = c.id
            LEFT JOIN raws w ON w.position = c.position
            WHERE c.stream = (SELECT no FROM names WHERE text = 'sales') AND c.kind = 0
            ORDER BY c.position
            """;
        using var rows = select.ExecuteReader();
        using var process = Process.GetCurrentProcess();
        var (elapsed, processor) = (TimeSpan.Zero, TimeSpan.Zero);
        var (bodies, raws) = (0L, 0L);
        for (var page = NextPage(rows); page.Length > 0; page = NextPage(rows))
        {
            process.Refresh();
            var (before, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
            bare.Commit(page, $"checkpoint-{Guid.NewGuid()}");
            elapsed += Stopwatch.GetElapsedTime(started);
            process.Refresh();
            processor += process.TotalProcessorTime - before;
            foreach (var change in page)
            {
                (bodies, raws) = (bodies + change.Body.Length, raws + change.Raw.Length);
                _ids.Add(change.Id);
            }
        }

        (MeanBody, MeanRaw) = (bodies / Math.Max(_ids.Count, 1), raws / Math.Max(_ids.Count, 1));
        return new Measure(elapsed, processor);
    }

    private static RecordChange[] NextPage(SqliteDataReader rows)
    {
        var page = new List<RecordChange>(Workload.PageSize);
        while (page.Count < Workload.PageSize && rows.Read())
        {
            page.Add(new RecordChange
            {
                Kind = ChangeKind.Upsert,
                Type = "sale",
                Id = rows.GetString(0),
                BusinessDate = DateOnly.FromDayNumber(rows.GetInt32(1)),
                Body = rows.GetFieldValue<byte[]>(2),
                Hash = rows.GetFieldValue<byte[]>(3),
                Raw = rows.IsDBNull(4) ? default(ReadOnlyMemory<byte>) : rows.GetFieldValue<byte[]>(4),
            });
        }

        return [.. page];
    }
}
