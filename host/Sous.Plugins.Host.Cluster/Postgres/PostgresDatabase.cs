using System.Data;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Npgsql;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The database that all hosts share: its connections, its tables, and what is tried again. Safe for any number of threads.
/// One host at a time works there, see <see cref="HostHold"/>.
/// A failure is a <see cref="StorageException"/> that names the server and the database, and never the password.
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>Tells our advisory locks from those of anything else in the database: "Sous" in ASCII.</summary>
    public const int LockSpace = 0x536F7573;

    private const int Attempts = 5;

    private const int MaxPrepared = 100;

    // A server admits 100 of all hosts, as a rule; and few that are busy get more done than many that take turns.
    private const int MaxConnections = 20;
    private const int MaxStreams = 8;

    // A host that is stopped in a transaction would keep the others from its locks for as long as it sleeps.
    private const string Options = "-c idle_in_transaction_session_timeout=5s";

    // The oldest that this was tried with.
    private const int OldestServer = 15;

    private const string IdleInTransaction = "25P03";

    private readonly NpgsqlDataSource _source;

    // What is read bit by bit, for as long as its reader takes, leaves connections to what is short.
    private readonly SemaphoreSlim _streams = new(MaxStreams);

    private readonly NpgsqlConnectionStringBuilder _settings;

    private PostgresDatabase(NpgsqlConnectionStringBuilder settings)
    {
        _settings = settings;
        Name = $"{settings.Database ?? settings.Username} on {settings.Host}:{settings.Port}";
        Hold = new HostHold(this, settings);
        var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        source.UsePhysicalConnectionInitializer(static _ => throw new NotSupportedException("Connections are opened asynchronously."), Hold.AdmitAsync);
        _source = source.Build();
    }

    /// <summary>With its server, for sentences.</summary>
    public string Name { get; }

    /// <summary>For the few connections of a silo, which end with none of ours. It holds the password.</summary>
    public string SiloConnectionString => new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { ApplicationName = "Sous.Plugins silo", MaxPoolSize = 4, Multiplexing = false }.ConnectionString;

    /// <summary>What lets one host at a time work there.</summary>
    public HostHold Hold { get; }

    /// <summary>By its connection string; nothing is connected to.</summary>
    /// <exception cref="StorageException">The string cannot be read. It is not repeated: a part of it may be the password.</exception>
    public static PostgresDatabase Read(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Schema.Name, ApplicationName = HostHold.NewWorkerName() };
            settings.Options = $"{Options} {settings.Options}".TrimEnd();

            // Nothing is set on a connection but for its transaction: the server need not undo it before each use.
            settings.NoResetOnClose = true;
            if (!settings.ShouldSerialize("Max Auto Prepare"))
            {
                // The same few statements again and again: the server need not read and plan them each time.
                settings.MaxAutoPrepare = MaxPrepared;
            }

            if (!settings.ShouldSerialize("Maximum Pool Size"))
            {
                settings.MaxPoolSize = MaxConnections;
            }

            return new PostgresDatabase(settings);
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

    /// <summary>The address of this machine on its way to the server: there the other hosts are too.</summary>
    public IPAddress FindOwnAddress()
    {
        // Of several servers the way to the first; by a socket of this machine there are only hosts of this machine.
        var first = _settings.Host?.Split(',')[0] ?? "";
        var host = IPAddress.TryParse(first, out _) ? first : first.Split(':')[0];
        if (host.Length == 0 || host.StartsWith('/') || host.StartsWith('@'))
        {
            return IPAddress.Loopback;
        }

        // A datagram socket that is connected has chosen its way; nothing is sent.
        using var way = new Socket(SocketType.Dgram, ProtocolType.Udp);
        way.Connect(host, _settings.Port);
        var own = ((IPEndPoint)way.LocalEndPoint!).Address;
        return own.IsIPv4MappedToIPv6 ? own.MapToIPv4() : own;
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

            await connection.ExecuteAsync("SET LOCAL client_min_messages = warning");
            await connection.ExecuteAsync(BuildTable.Create);
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

    /// <summary>Reads on one connection while the caller takes what is read; all statements see the same moment. Waits while several do so.</summary>
    public async IAsyncEnumerable<TItem> StreamSnapshotAsync<TItem>(Func<NpgsqlConnection, IAsyncEnumerable<TItem>> work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _streams.WaitAsync(cancellationToken);
        try
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
        finally
        {
            _streams.Release();
        }
    }

    /// <summary>
    /// One transaction (READ COMMITTED), committed when the task completes. <paramref name="work"/> runs again where another transaction was in
    /// its way or the connection broke, so it has no effect outside of it. What it throws undoes it. Cancelling counts until it has begun.
    /// A connection that breaks amid the commit is a failure though all may have been kept.
    /// </summary>
    public Task<TResult> WriteAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken)
        => RunAsync(work, IsolationLevel.ReadCommitted, cancellationToken);

    /// <summary>
    /// What <paramref name="work"/> sends in one message is a transaction of its own, with no message more to begin and to commit it. It is sent again where
    /// another transaction was in its way, and where the connection broke, though then all may have been kept: only for what may be written twice.
    /// </summary>
    public Task<TResult> WriteAtOnceAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken)
        => RunAsync(work, null, cancellationToken);

    /// <summary>Waits until no other transaction of any host has the lock; it is let go with this one.</summary>
    public static Task LockAsync(NpgsqlConnection connection, AdvisoryLock what)
        => connection.ExecuteAsync("SELECT pg_advisory_xact_lock($1, $2)", LockSpace, (int)what);

    /// <summary>What goes wrong with the server, as a <see cref="StorageException"/> that names the database.</summary>
    public async Task<TResult> GuardAsync<TResult>(Func<Task<TResult>> step)
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

    /// <summary>Whether it comes from the server, or from the way to it.</summary>
    public static bool IsTrouble(Exception e) => e is NpgsqlException or SocketException or IOException or TimeoutException;

    public async ValueTask DisposeAsync()
    {
        await Hold.DisposeAsync();
        await _source.DisposeAsync();
        _streams.Dispose();
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
