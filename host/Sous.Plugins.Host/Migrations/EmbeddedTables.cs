using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Migrations;

/// <summary>The tables in a change store's file that no host has open. One thread at a time.</summary>
internal sealed class EmbeddedTables : IDisposable
{
    private const int RowsAtOnce = 5_000;

    private readonly SqliteFile _file;
    private readonly Session _session;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Makes the file, and the tables that it lacks.</summary>
    /// <exception cref="StorageException">The file cannot be used.</exception>
    public EmbeddedTables(string path)
    {
        _file = new SqliteFile(path);
        _session = _file.OpenWriter();
    }

    public FeedEpoch Epoch => _file.Guard(() => EpochTable.Read(_session));

    public IEnumerable<object?[]> Read(CopiedTable table)
    {
        var rows = _file.Guard(() => _session.Prepare(EmbeddedTable.Of(table).Select));
        try
        {
            while (_file.Guard(rows.Step))
            {
                yield return Read(table, rows);
            }
        }
        finally
        {
            rows.Reset();
        }
    }

    public long ReadCounter(CopiedTable table) => _file.Guard(() => Math.Max(
        Number(_session.Prepare("SELECT max(seq) FROM sqlite_sequence WHERE name = ?1").Bind(1, table.Name)), Number(_session.Prepare($"SELECT max(no) FROM {table.Name}"))));

    public void Clear(CopiedTable table) => _file.Guard(() =>
    {
        Run("BEGIN IMMEDIATE");
        foreach (var clear in EmbeddedTable.Of(table).Clears)
        {
            Run(clear);
        }

        return Run("COMMIT");
    });

    /// <summary>Some of them in each transaction; the last is durable when the task completes.</summary>
    public async Task InsertAsync(CopiedTable table, IAsyncEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        var inserts = _file.Guard(() => EmbeddedTable.Of(table).Inserts.Select(_session.Prepare).ToList());
        await foreach (var some in rows.Chunk(RowsAtOnce).WithCancellation(cancellationToken))
        {
            _file.Guard(() =>
            {
                Run("BEGIN IMMEDIATE");
                foreach (var row in some)
                {
                    Insert(table, inserts, row);
                }

                return Run("COMMIT");
            });
        }
    }

    /// <summary>Has the next number come behind it, where the table does not begin behind its last row by itself.</summary>
    public void KeepCounter(CopiedTable table, long counter) => _file.Guard(() =>
    {
        const string IsKept = "SELECT count(*) FROM sqlite_schema WHERE name = ?1 AND sql LIKE '%AUTOINCREMENT%'";
        if (Number(_session.Prepare(IsKept).Bind(1, table.Name)) > 0)
        {
            _session.Prepare("DELETE FROM sqlite_sequence WHERE name = ?1").Bind(1, table.Name).Run();
            _session.Prepare("INSERT INTO sqlite_sequence(name, seq) VALUES (?1, ?2)").Bind(1, table.Name).Bind(2, counter).Run();
        }

        return true;
    });

    public void Begin(FeedEpoch epoch) => _file.Guard(() =>
    {
        EpochTable.Write(_session, epoch);
        return true;
    });

    public void Dispose() => _session.Dispose();

    private void Insert(CopiedTable table, List<Statement> inserts, object?[] row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (table.Columns[i].Kind == CopiedKind.Name && row[i] is string { Length: > 0 } name && _names.Add(name))
            {
                _session.Prepare("INSERT OR IGNORE INTO names(text) VALUES (?1)").Bind(1, name).Run();
            }
        }

        foreach (var insert in inserts)
        {
            for (var i = 0; i < Math.Min(row.Length, insert.Parameters); i++)
            {
                Bind(insert, i + 1, row[i]);
            }

            insert.Run();
        }
    }

    private static void Bind(Statement statement, int index, object? value)
    {
        if (value is byte[] bytes)
        {
            statement.Bind(index, bytes);
        }
        else if (value is long number)
        {
            statement.Bind(index, number);
        }
        else
        {
            statement.Bind(index, (string?)value);
        }
    }

    private object?[] Read(CopiedTable table, Statement row)
    {
        var values = new object?[table.Columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = table.Columns[i] switch
            {
                { Kind: CopiedKind.Bytes } => row.Bytes(i).ToArray(),
                { Kind: CopiedKind.Text or CopiedKind.Number } when row.IsNull(i) => null,
                { Kind: CopiedKind.Number or CopiedKind.Sequence } => row.Int64(i),
                { Name: var column } when row.IsNull(i) => throw new StorageException($"In the change store {_file.Path} a row of {table.Name} names a {column} that is not there; restore a backup."),
                _ => row.Text(i),
            };
        }

        return values;
    }

    private bool Run(string sql)
    {
        _session.Prepare(sql).Run();
        return true;
    }

    private static long Number(Statement statement)
    {
        var number = statement.Step() ? statement.Int64(0) : 0;
        statement.Reset();
        return number;
    }
}
