using System.Data;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Npgsql;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The database that all hosts share: its connections, its tables, and what is tried again. Safe for any number of threads.
/// One host at a time works there: it holds a lock, and whoever holds it ends the connections of who held it before, which can make no new ones.
/// A failure is a <see cref="StorageException"/> that names the server and the database, and never the password.
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private const int Attempts = 5;

    private const int MaxPrepared = 100;

    // A host that is stopped in a transaction would keep the others from its locks for as long as it sleeps.
    private const string Options = "-c idle_in_transaction_session_timeout=5s";

    // The server waits so long for a host to go, and lets go of one that it cannot reach any more within 20 s. Here it is missed within 10 s.
    private const string HoldingOptions = "-c lock_timeout=5s -c idle_session_timeout=0 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

    // So often whoever holds the database is heard from; who is silent for so long, as a process that was stopped, is taken to be gone.
    private const int AliveEvery = 2;

    private const string Silence = "10 seconds";

    // Tells a host's connections, which end with its hold, from those of others.
    private const string Worker = "Sous.Plugins worker";

    private const string Holder = """
        FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.classid = $1::bigint::oid AND l.objid = $2::bigint::oid AND l.objsubid = 2 AND l.granted
        """;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    /// <summary>Tells our advisory locks from those of anything else in the database: "Sous" in ASCII.</summary>
    private const int LockSpace = 0x536F7573;

    // The first whose starts_with is answered from an index.
    private const int OldestServer = 15;

    private const string IdleInTransaction = "25P03";

    private readonly CancellationTokenSource _closing = new();
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _holding;
    private readonly string _worker;
    private NpgsqlConnection? _held;
    private int? _holder;
    private Task _watch = Task.CompletedTask;

    private PostgresDatabase(NpgsqlConnectionStringBuilder settings, NpgsqlConnectionStringBuilder holding)
    {
        Name = $"{settings.Database ?? settings.Username} on {settings.Host}:{settings.Port}";
        _holding = NpgsqlDataSource.Create(holding);
        var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        source.UsePhysicalConnectionInitializer(static _ => throw new NotSupportedException("Connections are opened asynchronously."), AdmitAsync);
        _source = source.Build();
        _worker = settings.ApplicationName ?? "";
    }

    /// <summary>With its server, for sentences.</summary>
    public string Name { get; }

    /// <summary>By its connection string; nothing is connected to.</summary>
    /// <exception cref="StorageException">The string cannot be read. It is not repeated: a part of it may be the password.</exception>
    public static PostgresDatabase Read(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Schema.Name, ApplicationName = $"{Worker} {Guid.NewGuid():N}" };
            settings.Options = $"{Options} {settings.Options}".TrimEnd();
            if (!settings.ShouldSerialize("Max Auto Prepare"))
            {
                // The same few statements again and again: the server need not read and plan them each time.
                settings.MaxAutoPrepare = MaxPrepared;
            }

            var holding = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
            {
                Pooling = false, Multiplexing = false, KeepAlive = AliveEvery, ApplicationName = "Sous.Plugins", Options = $"{settings.Options} {HoldingOptions}",
            };
            return new PostgresDatabase(settings, holding);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or NotSupportedException)
        {
            throw new StorageException("The connection string of the database cannot be read; it is written as Host=…;Database=…;Username=…;Password=…");
        }
    }

    /// <summary>Connects and looks; nothing is written there.</summary>
    /// <exception cref="StorageException">It is out of reach, of a later version, or set up so that it could not keep what it acknowledges.</exception>
    public static async Task<PostgresDatabase> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var database = Read(connectionString);
        try
        {
            await database.ReadAsync(
                async connection =>
                {
                    await database.CheckServerAsync(connection, cancellationToken);
                    return await database.HasTablesAsync(connection, cancellationToken);
                },
                cancellationToken);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the tables where there are none: once, however many hosts begin at once.</summary>
    public Task MakeTablesAsync(CancellationToken cancellationToken) => WriteAsync(
        async connection =>
        {
            await LockAsync(connection, AdvisoryLock.Schema);
            if (!await HasTablesAsync(connection, cancellationToken))
            {
                await MakeTablesAsync(connection, cancellationToken);
            }

            return true;
        },
        cancellationToken);

    /// <summary>Whether nothing is stored in the registry.</summary>
    public Task<bool> IsFreshAsync(CancellationToken cancellationToken) => ReadAsync(
        async connection => !await HasTablesAsync(connection, cancellationToken)
            || await connection.FindAsync<bool>("SELECT NOT EXISTS (SELECT 1 FROM documents)", cancellationToken),
        cancellationToken);

    /// <summary>Reads on one connection; each statement sees what is committed when it begins.</summary>
    public Task<TResult> ReadAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken)
        => RunAsync(work, null, cancellationToken);

    /// <summary>Reads on one connection; all statements see the same moment.</summary>
    public Task<TResult> ReadSnapshotAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken)
        => RunAsync(work, IsolationLevel.RepeatableRead, cancellationToken);

    /// <summary>Reads on one connection while the caller takes what is read; all statements see the same moment.</summary>
    public async IAsyncEnumerable<TItem> StreamSnapshotAsync<TItem>(Func<NpgsqlConnection, IAsyncEnumerable<TItem>> work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await GuardAsync(() => _source.OpenConnectionAsync(cancellationToken).AsTask());
        await using var transaction = await GuardAsync(() => connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).AsTask());

        // Whoever takes the items may take his time over each, and locks nothing.
        await GuardAsync(() => connection.ExecuteAsync("SET LOCAL idle_in_transaction_session_timeout = 0"));
        await using var items = work(connection).GetAsyncEnumerator(cancellationToken);
        while (await GuardAsync(() => items.MoveNextAsync().AsTask()))
        {
            yield return items.Current;
        }
    }

    /// <summary>
    /// One transaction (READ COMMITTED), committed when the task completes. <paramref name="work"/> runs again where another transaction was in
    /// its way or the connection broke, so it has no effect outside of it. What it throws undoes it. Cancelling counts until it has begun.
    /// A connection that breaks amid the commit is a failure though all may have been kept.
    /// </summary>
    public Task<TResult> WriteAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken)
        => RunAsync(work, IsolationLevel.ReadCommitted, cancellationToken);

    /// <summary>Waits until no other transaction of any host has the lock; it is let go with this one.</summary>
    public static Task LockAsync(NpgsqlConnection connection, AdvisoryLock what)
        => connection.ExecuteAsync("SELECT pg_advisory_xact_lock($1, $2)", LockSpace, (int)what);

    /// <summary>
    /// Keeps other hosts from working there, until this is closed or the connection ends that the lock hangs on. One that has just gone is waited
    /// for, and what it left under way is over when this returns.
    /// </summary>
    /// <returns>Ends when that connection does, with the sentence that says so; with null when this is closed.</returns>
    /// <exception cref="StorageException">Another host works there.</exception>
    public async Task<Task<string?>> HoldAsync(CancellationToken cancellationToken)
    {
        _held = await GuardAsync(() => _holding.OpenConnectionAsync(cancellationToken).AsTask());
        try
        {
            await GuardAsync(() => _held.ExecuteAsync("SELECT pg_advisory_lock($1, $2)", LockSpace, (int)AdvisoryLock.Host));
        }
        catch (StorageException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            throw new StorageException($"Another host works on the database {Name}; one at a time may.", e) { MayPass = true, IsTaken = true };
        }

        _holder = _held.ProcessID;
        await GuardAsync(() => EndFormerAsync(_held, cancellationToken));
        var watch = WatchAsync(_held);
        _watch = watch;
        return watch;
    }

    /// <summary>
    /// Waits until no host works there. One that has not been heard from for ten seconds by the server's clock is put an end to. While the server
    /// is away, or is one that only follows another, it is waited for too.
    /// </summary>
    /// <param name="ended">Told when a host was put an end to.</param>
    /// <param name="troubled">Told why the server cannot be asked, when that changes.</param>
    public async Task WaitUntilFreeAsync(Action ended, Action<string> troubled, CancellationToken cancellationToken)
    {
        const string Take = "SELECT CASE WHEN pg_is_in_recovery() THEN false ELSE pg_try_advisory_lock($1, $2) END";
        var trouble = "";
        // Asks again and again: whoever waited in the server for a lock would keep it from clearing away what was deleted, for as long.
        while (true)
        {
            try
            {
                await using var connection = await _holding.OpenConnectionAsync(cancellationToken);
                while (!await connection.FindAsync<bool>(Take, cancellationToken, LockSpace, (int)AdvisoryLock.Host))
                {
                    if (await connection.FindAsync<bool>($"SELECT bool_or(pg_terminate_backend(pid)) {Holder} AND a.state_change < clock_timestamp() - interval '{Silence}'", cancellationToken, (long)LockSpace, (long)AdvisoryLock.Host))
                    {
                        ended();
                    }

                    await Task.Delay(s_look, cancellationToken);
                }

                return;
            }
            catch (Exception e) when (IsTrouble(e))
            {
                if (trouble != e.Message)
                {
                    troubled(trouble = e.Message);
                }

                await Task.Delay(s_lookAgain, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _watch;
        await (_held?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _holding.DisposeAsync();
        await _source.DisposeAsync();
        _closing.Dispose();
    }

    /// <summary>
    /// Lets a new connection of a host that holds the database do something only while it holds it: one that was stopped, and wakes when
    /// another works there, commits nothing. Those that it had before are ended by the other.
    /// </summary>
    /// <exception cref="StorageException">It holds the database no more.</exception>
    private async Task AdmitAsync(NpgsqlConnection connection)
    {
        if (_holder is { } holder && !await connection.FindAsync<bool>($"SELECT EXISTS (SELECT {Holder} AND pid = $3)", CancellationToken.None, (long)LockSpace, (long)AdvisoryLock.Host, holder))
        {
            throw new StorageException($"This host works on the database {Name} no more.") { MayPass = true };
        }
    }

    private async Task<bool> EndFormerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string End = $"SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '{Worker} %' AND application_name <> $1";
        while (await connection.FindAsync<bool?>(End, cancellationToken, _worker) == false)
        {
            // One of them writes, and looks up only afterwards.
        }

        return true;
    }

    private async Task<string?> WatchAsync(NpgsqlConnection held)
    {
        try
        {
            while (true)
            {
                // Reads what the server sends, such as that it ends the connection, and asks it now and then whether it is there.
                await held.WaitAsync(_closing.Token);
            }
        }
        catch (Exception) when (_closing.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            return $"The connection that keeps other hosts from the database {Name} is lost: {e.Message}";
        }
    }

    private async Task<TResult> RunAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, IsolationLevel? isolation, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var nothingKept = true;
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancellationToken);
                if (isolation is null)
                {
                    return await work(connection);
                }

                await using var transaction = await connection.BeginTransactionAsync(isolation.Value, cancellationToken);
                var result = await work(connection);
                nothingKept = false;
                await transaction.CommitAsync(CancellationToken.None);
                return result;
            }
            catch (PostgresException e) when (attempt < Attempts && e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected)
            {
                // The server has undone it: the other transaction is through, or will be before the lock is ours.
            }
            catch (NpgsqlException e) when (attempt < Attempts && nothingKept && IsBroken(e))
            {
                // The server was started anew, or somebody ended the connection: those that lie idle are of no more use.
                _source.Clear();
            }
            catch (Exception e) when (IsTrouble(e))
            {
                throw Failure(e);
            }
        }
    }

    private async Task<TResult> GuardAsync<TResult>(Func<Task<TResult>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw Failure(e);
        }
    }

    private static bool IsTrouble(Exception e) => e is NpgsqlException or SocketException or IOException or TimeoutException;

    private StorageException Failure(Exception e) => new($"The database {Name} could not be used: {e.Message}", e) { MayPass = MayPass(e) };

    private static bool MayPass(Exception e)
        => e is not NpgsqlException failure || failure.IsTransient || IsBroken(failure) || failure.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction;

    private static bool IsBroken(NpgsqlException failure) => failure is PostgresException { SqlState: var state }
        ? state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or IdleInTransaction
        : failure.InnerException is IOException;

    private async Task CheckServerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new StorageException($"The database {Name} is PostgreSQL {connection.PostgreSqlVersion}; needed is {OldestServer} or later.");
        }

        if (await connection.FindAsync<string>("SHOW server_encoding", cancellationToken) is not "UTF8" and var encoding)
        {
            throw new StorageException($"The database {Name} has the encoding {encoding}; needed is UTF8.");
        }

        if (await connection.FindAsync<string>("SHOW synchronous_commit", cancellationToken) == "off")
        {
            throw new StorageException($"The database {Name} has synchronous_commit off: it could lose what it has acknowledged.");
        }
    }

    /// <exception cref="StorageException">They are another host's.</exception>
    private async Task<bool> HasTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await connection.FindAsync<bool>($"SELECT to_regclass('{Schema.Name}.meta') IS NOT NULL", cancellationToken))
        {
            return false;
        }

        var found = await connection.FindAsync<string>("SELECT value FROM meta WHERE name = 'version'", cancellationToken);
        return found == Schema.Version.ToString(CultureInfo.InvariantCulture)
            ? true
            : throw new StorageException($"The tables in the database {Name} have version {found}; this host knows {Schema.Version}. Nothing in them was changed.");
    }

    private static async Task MakeTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Whoever may not make schemas may be given one.
        if (!await connection.FindAsync<bool>($"SELECT to_regnamespace('{Schema.Name}') IS NOT NULL", cancellationToken))
        {
            await connection.ExecuteAsync($"CREATE SCHEMA {Schema.Name}");
        }

        await using var tables = new NpgsqlCommand(string.Concat(Schema.Parts), connection);
        await tables.ExecuteNonQueryAsync(cancellationToken);
        await connection.ExecuteAsync("INSERT INTO meta VALUES ('version', $1)", Schema.Version.ToString(CultureInfo.InvariantCulture));
    }
}
