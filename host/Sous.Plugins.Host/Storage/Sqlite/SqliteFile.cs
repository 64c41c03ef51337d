using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// The file of the change store: made, checked and opened. A file that is not ours, damaged, or of a later version is refused
/// before anything is written to it.
/// </summary>
internal sealed class SqliteFile(string path)
{
    // Before it, two connections that reset the WAL at once could lose a commit.
    private static readonly Version OldestSafe = new(3, 51, 3);

    // A whole check reads the whole file: at start only while that takes less than a second or so.
    private const long CheckedAtStart = 128L << 20;

    private const int NoCheckpointOnClose = 1006;

    // A body of 1.4 kB leaves a quarter of a 4 kB page empty, and a seventh of one of 8 kB.
    private const string NewFile = "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;";

    // secure_delete: what was deleted is overwritten, or every copy of the file would go on holding it in freed pages.
    private const string WriterPragmas = """
        PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON;
        """;

    private const string ReaderPragmas = "PRAGMA query_only = ON; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -4096;";

    public string Path { get; } = path;

    /// <exception cref="StorageException">The file cannot be used; nothing in it was changed.</exception>
    public Session OpenWriter()
    {
        SqliteConnection? connection = null;
        try
        {
            DataFolder.CreateOwnerOnly(Path);
            Tighten();
            var isNew = new FileInfo(Path).Length == 0;
            // SQLite takes an empty file for a new one and deletes the log beside it.
            if (isNew && new FileInfo(Path + "-wal") is { Exists: true, Length: > 0 })
            {
                throw Damaged("it is empty and the log beside it is not");
            }

            connection = Connect();
            RefuseOldLibrary(connection);
            // Closing the last connection writes the WAL into the file: not into one that is refused.
            KeepWalOnClose(connection, keep: true);
            if (!isNew)
            {
                Check(connection);
            }

            KeepWalOnClose(connection, keep: false);
            Execute(connection, isNew ? NewFile + WriterPragmas : WriterPragmas);
            if (isNew || Number(connection, "PRAGMA application_id") == 0)
            {
                CreateTables(connection);
            }

            if (Number(connection, "SELECT COUNT(*) FROM pragma_table_info('checkpoints') WHERE name = 'fence'") == 0)
            {
                Execute(connection, Schema.CheckpointFences);
            }

            Execute(connection, Schema.Inbox + Schema.Closings + Schema.Outbox + Schema.Listings + Schema.Compactions + Schema.Gaps + Schema.Fetches + Schema.Backfills);
            return new Session(connection);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            if (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                throw Failure(e);
            }

            throw;
        }
    }

    /// <exception cref="StorageException">The file cannot be read.</exception>
    public Session OpenReader() => Guard(() =>
    {
        var connection = Connect();
        Execute(connection, ReaderPragmas);
        return new Session(connection);
    });

    /// <summary>Holds on to all that is committed by now.</summary>
    /// <exception cref="StorageException">The file cannot be read.</exception>
    public SqliteSnapshot Pin() => Guard(() =>
    {
        var connection = Connect();
        Execute(connection, ReaderPragmas);
        return new SqliteSnapshot(this, connection);
    });

    /// <summary>Reads all of it, also while a store has it open.</summary>
    /// <exception cref="StorageException">It is damaged, or cannot be read.</exception>
    public void Verify()
    {
        try
        {
            using var connection = Connect();
            // Nothing is written into a file that is damaged; of one that is whole, closing takes away what opening put beside it.
            KeepWalOnClose(connection, keep: true);
            Execute(connection, ReaderPragmas);
            RefuseDamaged(connection);
            KeepWalOnClose(connection, keep: false);
        }
        catch (SqliteException e)
        {
            throw Failure(e);
        }
    }

    /// <summary>The epoch of the feeds in a file that no store has open, and how many records it holds.</summary>
    /// <exception cref="StorageException">The file cannot be read.</exception>
    public static (string Feed, long Records) Describe(string path)
    {
        using var session = new SqliteFile(path).OpenReader();
        var records = session.Prepare("SELECT COUNT(*) FROM records");
        records.Step();
        return (EpochTable.Read(session).Name, records.Int64(0));
    }

    /// <summary>Does something with it.</summary>
    /// <exception cref="StorageException">The file cannot be used.</exception>
    public T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException e)
        {
            throw Failure(e);
        }
    }

    /// <summary>What went wrong, in one sentence that names the file.</summary>
    public StorageException Failure(Exception exception) => exception switch
    {
        StorageException already => already,
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } => Damaged(exception.Message),
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => new($"There is no room left for the change store {Path}.", exception),
        _ => new($"The change store {Path} cannot be used: {exception.Message}", exception),
    };

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void RefuseOldLibrary(SqliteConnection connection)
    {
        if (Version.TryParse(connection.ServerVersion, out var version) && version < OldestSafe)
        {
            throw new StorageException($"SQLite {version} can lose a commit: the change store needs {OldestSafe} or later.");
        }
    }

    private static void KeepWalOnClose(SqliteConnection connection, bool keep) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_db_config(connection.Handle, NoCheckpointOnClose, keep ? 1 : 0, out _), connection.Handle);

    private static void CreateTables(SqliteConnection connection)
    {
        Execute(connection, $"""
            BEGIN IMMEDIATE;
            {Schema.Create}
            INSERT INTO meta VALUES ('feed', '{FeedEpoch.Draw()}');
            PRAGMA application_id = {Schema.ApplicationId};
            PRAGMA user_version = {Schema.Version};
            COMMIT;
            """);
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection, sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Check(SqliteConnection connection)
    {
        var application = Number(connection, "PRAGMA application_id");
        var version = Number(connection, "PRAGMA user_version");
        var tables = Number(connection, "SELECT COUNT(*) FROM sqlite_schema");
        // A host that was killed while it made the file leaves it without tables.
        if (application == 0 && tables == 0)
        {
            return;
        }

        if (application != Schema.ApplicationId)
        {
            throw new StorageException($"The file {Path} is a database of something else, not a change store; nothing in it was changed.");
        }

        if (version != Schema.Version)
        {
            throw new StorageException($"The change store {Path} has version {version} and this host knows {Schema.Version}; nothing in it was changed.");
        }

        if (new FileInfo(Path).Length <= CheckedAtStart)
        {
            RefuseDamaged(connection);
        }
    }

    private void RefuseDamaged(SqliteConnection connection)
    {
        using var statement = new Statement(connection, "PRAGMA quick_check(1)");
        if (statement.Step() && statement.Text(0) is var finding and not "ok")
        {
            throw Damaged(finding);
        }
    }

    private StorageException Damaged(string finding) =>
        new($"The change store {Path} is damaged ({finding.ReplaceLineEndings(" ").TrimEnd('.')}); nothing in it was changed.");

    private void Tighten()
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(Path) != Owner)
        {
            File.SetUnixFileMode(Path, Owner);
        }
    }
}
