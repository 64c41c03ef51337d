using System.Diagnostics;
using Npgsql;

namespace Sous.Plugins.Testing;

/// <summary>
/// A PostgreSQL of this process alone. It keeps nothing safe (fsync is off, unless it is told otherwise), and it goes with the process, however
/// that ends: a shell waits on a pipe that only this process holds open, then stops it and removes its folder.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // The databases' own collation is a language's: a table that needs the order of bytes must say so itself.
    private const string Script = """
        set -e
        trap : INT TERM HUP
        programs=$1 settings=$2
        folder=$(mktemp -d /tmp/sous-postgres-XXXXXX)
        trap 'rm -rf "$folder"' EXIT
        "$programs/initdb" -D "$folder/data" -U sous --auth=trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
        start() {
            "$programs/postgres" -D "$folder/data" -c listen_addresses= -c unix_socket_directories="$folder" -c max_connections=400 -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off $settings >>"$folder/log" 2>&1 </dev/null &
            server=$!
            until "$programs/pg_isready" -q -h "$folder" -d postgres; do kill -0 $server || { tail -c 4000 "$folder/log" >&2; exit 1; }; sleep 0.05; done
            echo "$folder"
        }
        stop() {
            kill -QUIT $server
            wait $server || true
        }
        start
        while read -r word; do
            case $word in
                stop) stop; echo stopped;;
                start) start;;
            esac
        done
        stop 2>/dev/null || true
        """;

    private static readonly string? s_programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => Path.Combine(version, "bin")).Where(static bin => File.Exists(Path.Combine(bin, "initdb"))).Max(StringComparer.Ordinal)
        : null;

    private static readonly Lazy<Task<PostgresServer>> s_shared = new(static () => StartAsync());

    // Held, since its pipe is: a collected process closes it, and the server would go.
    private readonly Process _shell;
    private readonly string _folder;
    private int _made;

    private PostgresServer(Process shell, string folder) => (_shell, _folder) = (shell, folder);

    /// <summary>What to install, where there is none; else null.</summary>
    public static string? Missing => s_programs is null ? "NOT PROVEN HERE: there is no PostgreSQL; on Debian: apt-get install postgresql." : null;

    /// <summary>The one for whoever does not stop it, started when it is first asked for.</summary>
    public static Task<PostgresServer> SharedAsync() => s_shared.Value;

    /// <summary>Starts one of the caller's own.</summary>
    /// <param name="settings">Further ones of its command line: <c>-c fsync=on</c> has it keep what it acknowledges.</param>
    public static async Task<PostgresServer> StartAsync(string settings = "")
    {
        // PostgreSQL refuses to run as root.
        string[] asUser = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        string[] all = [.. asUser, "sh", "-c", Script, "sh", s_programs ?? throw new InvalidOperationException(Missing), settings];
        var shell = Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })
            ?? throw new InvalidOperationException("There is no shell.");
        return new PostgresServer(shell, await ReadAsync(shell));
    }

    /// <summary>Makes a database.</summary>
    /// <param name="template">The name of one that is copied, to which nobody is connected; null for an empty one.</param>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateAsync(string? template, CancellationToken cancellationToken)
    {
        var name = $"db{Interlocked.Increment(ref _made)}";
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {template ?? "template0"} STRATEGY file_copy", cancellationToken);
        return AddressOf(name);
    }

    /// <summary>Drops a database, whoever is connected to it.</summary>
    public Task DropAsync(string connectionString, CancellationToken cancellationToken)
        => ExecuteAsync($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)", cancellationToken);

    /// <summary>Ends every connection to a database, as a restart of the server does.</summary>
    public Task EndConnectionsAsync(string connectionString, CancellationToken cancellationToken)
        => ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{new NpgsqlConnectionStringBuilder(connectionString).Database}'", cancellationToken);

    /// <summary>Stops it at once, as <c>pg_ctl stop -m immediate</c> does: the next start recovers.</summary>
    public Task StopAsync() => TellAsync("stop");

    /// <summary>Starts it again.</summary>
    public Task StartAgainAsync() => TellAsync("start");

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private static async Task<string> ReadAsync(Process shell)
        => await shell.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"PostgreSQL does not start: {await shell.StandardError.ReadToEndAsync()}");

    private async Task TellAsync(string word)
    {
        await _shell.StandardInput.WriteLineAsync(word);
        await _shell.StandardInput.FlushAsync();
        await ReadAsync(_shell);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // One that lay in the pool while the server was away would be dead.
        await using var connection = new NpgsqlConnection($"{AddressOf("postgres")};Pooling=False");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private string AddressOf(string database) => $"Host={_folder};Username=sous;Database={database}";
}
