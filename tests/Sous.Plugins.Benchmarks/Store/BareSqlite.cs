using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>
/// What anybody would write first with Microsoft.Data.Sqlite: prepared commands, one transaction a page, the pragmas of the
/// change store. It looks nothing up, compares nothing and checks no fence.
/// </summary>
internal abstract class BareSqlite : IDisposable
{
    protected BareSqlite(string path)
    {
        Connection = new SqliteConnection($"Data Source={path};Pooling=False");
        Connection.Open();
        Execute("""
            PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;
            PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
            CREATE TABLE checkpoints(scope TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
            """);
    }

    protected SqliteConnection Connection { get; }

    public abstract void Commit(RecordChange[] page, string checkpoint);

    public void Dispose() => Connection.Dispose();

    protected void Execute(string sql)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    protected SqliteCommand Prepare(string sql, int parameters)
    {
        var command = Connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
        }

        command.Prepare();
        return command;
    }

    protected static void Run(SqliteCommand command, SqliteTransaction transaction, params ReadOnlySpan<object> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.ExecuteNonQuery();
    }

    protected static object Bytes(ReadOnlyMemory<byte> bytes) => bytes.ToArray();
}
