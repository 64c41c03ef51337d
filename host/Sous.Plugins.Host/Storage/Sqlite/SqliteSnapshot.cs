using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>The change store as it was at one moment. While it is held the log beside the file only grows, so it is let go of soon.</summary>
internal sealed class SqliteSnapshot : IDisposable
{
    private const int PagesAtOnce = 2_048;

    private readonly SqliteFile _file;
    private readonly SqliteConnection _connection;

    /// <param name="connection">Belongs to the snapshot from now on.</param>
    public SqliteSnapshot(SqliteFile file, SqliteConnection connection)
    {
        (_file, _connection) = (file, connection);
        try
        {
            SqliteFile.Execute(connection, "BEGIN");
            // It is the first read that chooses the moment.
            using var first = new Statement(connection, "SELECT value FROM meta");
            first.Step();
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Writes it into a new file, and checks that one.</summary>
    /// <exception cref="StorageException">The store is damaged, or the target cannot be written.</exception>
    public void CopyTo(string target, CancellationToken cancellationToken)
    {
        try
        {
            DataFolder.CreateOwnerOnly(target);
            using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = target, Pooling = false }.ToString());
            copy.Open();
            SqliteFile.Execute(copy, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
            Copy(copy, cancellationToken);
            using var check = new Statement(copy, "PRAGMA quick_check(1)");
            if (check.Step() && check.Text(0) is var finding and not "ok")
            {
                throw new StorageException($"The change store {_file.Path} is damaged ({finding.ReplaceLineEndings(" ").TrimEnd('.')}).");
            }
        }
        catch (SqliteException e)
        {
            throw _file.Failure(e);
        }
    }

    public void Dispose() => _connection.Dispose();

    private void Copy(SqliteConnection target, CancellationToken cancellationToken)
    {
        // The open transaction of the source keeps it still; without one, each commit of the writer would start the copying anew.
        using var backup = raw.sqlite3_backup_init(target.Handle, "main", _connection.Handle, "main");
        int code;
        while ((code = raw.sqlite3_backup_step(backup, PagesAtOnce)) == raw.SQLITE_OK)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (code != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(code, target.Handle);
        }
    }
}
