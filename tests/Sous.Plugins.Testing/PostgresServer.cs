using System.Diagnostics;
using Npgsql;

namespace Sous.Plugins.Testing;

/// <summary>
/// A PostgreSQL of this process alone, started when it is first asked for. It keeps nothing safe (fsync is off, unless <see cref="Settings"/> say otherwise), and it goes with
/// the process, however that ends: a shell waits on a pipe that only this process holds open, then stops it and removes its folder.
/// </summary>
public static class PostgresServer
{
    // The databases' own collation is a language's: a table that needs the order of bytes must say so itself.
    private const string Script = """
        set -e
        trap : INT TERM HUP
        folder=$(mktemp -d /tmp/sous-postgres-XXXXXX)
        trap 'rm -rf "$folder"' EXIT
        "$1/initdb" -D "$folder/data" -U sous --auth=trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
        "$1/postgres" -D "$folder/data" -c listen_addresses= -c unix_socket_directories="$folder" -c max_connections=400 -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off $2 >>"$folder/log" 2>&1 </dev/null &
        server=$!
        until "$1/pg_isready" -q -h "$folder" -d postgres; do kill -0 $server || { cat "$folder/log" >&2; exit 1; }; sleep 0.05; done
        echo "$folder"
        cat >/dev/null || true
        kill -QUIT $server
        wait $server || true
        """;

    private static readonly string? s_programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => Path.Combine(version, "bin")).Where(static bin => File.Exists(Path.Combine(bin, "initdb"))).Max(StringComparer.Ordinal)
        : null;

    private static readonly Lazy<Task<string>> s_folder = new(StartAsync);

    // Held, since its pipe is: a collected process closes it, and the server would go.
    private static Process? s_shell;

    private static int s_made;

    /// <summary>Further settings of its command line, set before it is first asked for: <c>-c fsync=on</c> has it keep what it acknowledges.</summary>
    public static string Settings { get; set; } = "";

    /// <summary>What to install, where there is none; else null.</summary>
    public static string? Missing => s_programs is null ? "NOT PROVEN HERE: there is no PostgreSQL; on Debian: apt-get install postgresql." : null;

    /// <summary>Makes a database.</summary>
    /// <param name="template">The name of one that is copied, to which nobody is connected; null for an empty one.</param>
    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateAsync(string? template, CancellationToken cancellationToken)
    {
        var name = $"db{Interlocked.Increment(ref s_made)}";
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {template ?? "template0"} STRATEGY file_copy", cancellationToken);
        return await AddressAsync(name);
    }

    /// <summary>Drops a database, whoever is connected to it.</summary>
    public static Task DropAsync(string connectionString, CancellationToken cancellationToken)
        => ExecuteAsync($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)", cancellationToken);

    /// <summary>Ends every connection to a database, as a restart of the server does.</summary>
    public static Task EndConnectionsAsync(string connectionString, CancellationToken cancellationToken)
        => ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{new NpgsqlConnectionStringBuilder(connectionString).Database}'", cancellationToken);

    private static async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await AddressAsync("postgres"));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string> AddressAsync(string database) => $"Host={await s_folder.Value};Username=sous;Database={database}";

    // PostgreSQL refuses to run as root.
    private static async Task<string> StartAsync()
    {
        string[] asUser = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        string[] all = [.. asUser, "sh", "-c", Script, "sh", s_programs ?? throw new InvalidOperationException(Missing), Settings];
        s_shell = Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })
            ?? throw new InvalidOperationException("There is no shell.");
        var folder = await s_shell.StandardOutput.ReadLineAsync();
        return folder ?? throw new InvalidOperationException($"PostgreSQL does not start: {await s_shell.StandardError.ReadToEndAsync()}");
    }
}
