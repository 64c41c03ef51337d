using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// A prepared statement that is used again and again, below ADO.NET: a page of 500 records binds some 10,000 values, and
/// DbParameter would cost more than SQLite itself. One thread at a time.
/// </summary>
internal sealed class Statement : IDisposable
{
    private const int ShortText = 512;

    private readonly sqlite3? _database;
    private readonly sqlite3_stmt _statement;

    /// <exception cref="SqliteException">The statement does not fit the schema.</exception>
    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(_database, sql, out _statement), _database);
    }

    /// <summary>The greatest index of a parameter.</summary>
    public int Parameters => raw.sqlite3_bind_parameter_count(_statement);

    public Statement Bind(int index, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, index, value));
        return this;
    }

    public Statement Bind(int index, long? value)
    {
        Check(value is { } number ? raw.sqlite3_bind_int64(_statement, index, number) : raw.sqlite3_bind_null(_statement, index));
        return this;
    }

    public Statement Bind(int index, string? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(_statement, index));
            return this;
        }

        var longest = Encoding.UTF8.GetMaxByteCount(value.Length);
        Span<byte> text = longest <= ShortText ? stackalloc byte[ShortText] : new byte[longest];
        Check(raw.sqlite3_bind_text(_statement, index, text[..Encoding.UTF8.GetBytes(value, text)]));
        return this;
    }

    /// <summary>Binds bytes, or NULL where there are none.</summary>
    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty ? raw.sqlite3_bind_null(_statement, index) : raw.sqlite3_bind_blob(_statement, index, value));
        return this;
    }

    /// <summary>Goes to the next row. False at the end, and the statement is then ready to be used again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        // The message belongs to the connection and is gone after the reset.
        var failure = code == raw.SQLITE_DONE ? null : Failure(code);
        _ = raw.sqlite3_reset(_statement);
        return failure is null ? false : throw failure;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Ends reading before the last row.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    /// <summary>Valid until the next step; empty with NULL.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Failure(code);
        }
    }

    private SqliteException Failure(int code) =>
        new(raw.sqlite3_errmsg(_database).utf8_to_string(), code & 0xff, raw.sqlite3_extended_errcode(_database));
}
