using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>One open connection to the file with the statements prepared on it. One thread at a time.</summary>
internal sealed class Session(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);

    /// <summary>Rows inserted, changed or deleted since the connection was opened.</summary>
    public long TotalChanges => raw.sqlite3_total_changes(connection.Handle);

    public long LastRowId => raw.sqlite3_last_insert_rowid(connection.Handle);

    /// <summary>Prepared once, then kept.</summary>
    public Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            statement = new Statement(connection, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    /// <summary>Ends what is still being read: a statement in the middle of its rows keeps its view of the file, and the WAL growing.</summary>
    public void Reset()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Reset();
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        connection.Dispose();
    }
}
