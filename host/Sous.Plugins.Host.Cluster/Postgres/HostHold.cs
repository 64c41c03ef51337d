using Npgsql;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// What lets one host at a time work on a database: a lock, on a connection of its own. Whoever holds it ends the connections of who held it before,
/// which can make no new ones.
/// </summary>
internal sealed class HostHold : IAsyncDisposable
{
    // The server waits so long for a host to go, and lets go of one that it cannot reach any more within 20 s. Here it is missed within 10 s.
    private const string Options = "-c lock_timeout=5s -c idle_session_timeout=0 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

    // So often whoever holds the database is heard from; who is silent for so long, as a process that was stopped, is taken to be gone.
    private const int AliveEvery = 2;

    private const string Silence = "10 seconds";

    // Tells a host's connections, which end with its hold, from those of others.
    private const string Worker = "Sous.Plugins worker";

    // Tells the session in which a host holds the database, or waits to; with its version and its name it is shorter than the 63 bytes that the server takes.
    private const string Session = "Sous.Plugins host ";

    private const string Holder = """
        FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.classid = $1::bigint::oid AND l.objid = $2::bigint::oid AND l.objsubid = 2 AND l.granted
        """;

    private const string List = $"""
        SELECT split_part(told, ' ', 2), split_part(told, ' ', 1), works, backend_start, heard_at
        FROM (
            SELECT substr(application_name, length('{Session}') + 1) AS told, pid IN (SELECT pid {Holder}) AS works, backend_start, coalesce(state_change, backend_start) AS heard_at
            FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND starts_with(application_name, '{Session}')) AS sessions
        ORDER BY works DESC, backend_start
        """;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing = new();
    private readonly PostgresDatabase _database;
    private readonly NpgsqlDataSource _source;
    private readonly string _worker;
    private NpgsqlConnection? _held;
    private int? _holder;
    private Task _watch = Task.CompletedTask;

    /// <param name="settings">Those of the connections that work, by the name of <see cref="NewWorkerName"/>.</param>
    public HostHold(PostgresDatabase database, NpgsqlConnectionStringBuilder settings)
    {
        _database = database;
        _worker = settings.ApplicationName ?? "";
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Pooling = false, Multiplexing = false, KeepAlive = AliveEvery, ApplicationName = $"{Session}{HostIdentity.Version} {HostIdentity.Name}", Options = $"{settings.Options} {Options}",
        });
    }

    /// <summary>Another for each host and start.</summary>
    public static string NewWorkerName() => $"{Worker} {Guid.NewGuid():N}";

    /// <summary>
    /// Keeps other hosts from working there, until this is closed or the connection ends that the lock hangs on. One that has just gone is waited
    /// for, and what it left under way is over when this returns.
    /// </summary>
    /// <returns>Ends when that connection does, with the sentence that says so; with null when this is closed.</returns>
    /// <exception cref="StorageException">Another host works there.</exception>
    public async Task<Task<string?>> TakeAsync(CancellationToken cancellationToken)
    {
        _held = await _database.GuardAsync(() => _source.OpenConnectionAsync(cancellationToken).AsTask());
        try
        {
            await _database.GuardAsync(() => _held.ExecuteAsync("SELECT pg_advisory_lock($1, $2)", PostgresDatabase.LockSpace, (int)AdvisoryLock.Host));
        }
        catch (StorageException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            throw new StorageException($"Another host works on the database {_database.Name}; one at a time may.", e) { MayPass = true, IsTaken = true };
        }

        _holder = _held.ProcessID;
        await _database.GuardAsync(() => EndFormerAsync(_held, cancellationToken));
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
                await using var connection = await _source.OpenConnectionAsync(cancellationToken);
                while (!await connection.FindAsync<bool>(Take, cancellationToken, PostgresDatabase.LockSpace, (int)AdvisoryLock.Host))
                {
                    if (await connection.FindAsync<bool>($"SELECT bool_or(pg_terminate_backend(pid)) {Holder} AND a.state_change < clock_timestamp() - interval '{Silence}'", cancellationToken, (long)PostgresDatabase.LockSpace, (long)AdvisoryLock.Host))
                    {
                        ended();
                    }

                    await Task.Delay(s_look, cancellationToken);
                }

                return;
            }
            catch (Exception e) when (PostgresDatabase.IsTrouble(e))
            {
                if (trouble != e.Message)
                {
                    troubled(trouble = e.Message);
                }

                await Task.Delay(s_lookAgain, cancellationToken);
            }
        }
    }

    /// <summary>Lets this host's connections be made for as long as the one that works now does: it helps that one.</summary>
    /// <exception cref="StorageException">None works there.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
        => _holder = await _database.ReadAsync(
            connection => connection.FindAsync<int?>($"SELECT pid {Holder}", cancellationToken, (long)PostgresDatabase.LockSpace, (long)AdvisoryLock.Host), cancellationToken)
            ?? throw new StorageException($"No host works on the database {_database.Name}.") { MayPass = true };

    /// <summary>Whether the one that is helped still works there.</summary>
    /// <exception cref="StorageException">The database cannot be asked.</exception>
    public async Task<bool> IsFollowedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _database.ReadAsync(IsHeldAsync, cancellationToken);
        }
        catch (StorageException e) when (e.IsTaken)
        {
            return false;
        }
    }

    /// <summary>The hosts there are, by what the server knows of their sessions: who is gone is not among them.</summary>
    /// <returns>The one that works first, then the others as they came.</returns>
    public async Task<IReadOnlyList<HostView>> ListAsync(CancellationToken cancellationToken) => await _database.ReadAsync(
        connection => connection.ListAsync(
            List,
            static row => new HostView(row.GetString(0), row.GetString(1), row.GetBoolean(2) ? HostState.Works : HostState.StandsBy, row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4)),
            cancellationToken,
            (long)PostgresDatabase.LockSpace,
            (long)AdvisoryLock.Host),
        cancellationToken);

    /// <summary>
    /// Lets a new connection of a host that holds the database, or helps the one that does, do something only while it is held: one that was stopped, and
    /// wakes when another works there, commits nothing. Those that it had before are ended by the other.
    /// </summary>
    /// <exception cref="StorageException">It holds the database no more.</exception>
    public async Task AdmitAsync(NpgsqlConnection connection)
    {
        if (_holder is not null && !await IsHeldAsync(connection))
        {
            throw new StorageException($"The host that this one is, or helps, works on the database {_database.Name} no more.") { MayPass = true, IsTaken = true };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _watch;
        await (_held?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _source.DisposeAsync();
        _closing.Dispose();
    }

    private Task<bool> IsHeldAsync(NpgsqlConnection connection)
        => connection.FindAsync<bool>($"SELECT EXISTS (SELECT {Holder} AND pid = $3)", CancellationToken.None, (long)PostgresDatabase.LockSpace, (long)AdvisoryLock.Host, _holder);

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
            return $"The connection that keeps other hosts from the database {_database.Name} is lost: {e.Message}";
        }
    }
}
