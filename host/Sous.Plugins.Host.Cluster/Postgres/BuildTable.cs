using System.Data;
using Npgsql;
using NpgsqlTypes;
using Sous.Plugins.Host.Drivers.Sharing;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>The bytes of the drivers that the hosts on the database have in common.</summary>
internal sealed class BuildTable(PostgresDatabase database)
{
    /// <summary>Made where it is missing: it came after the first databases.</summary>
    public const string Create = """
        CREATE TABLE IF NOT EXISTS driver_builds(sha256 text COLLATE "C" PRIMARY KEY, package bytea NOT NULL);
        """;

    public BuildStore Store => new(HasAsync, SaveAsync, ReadAsync, KeepAsync);

    private Task<bool> HasAsync(string sha256, CancellationToken cancellationToken) => database.ReadAsync(
        connection => connection.FindAsync<bool>("SELECT EXISTS (SELECT FROM driver_builds WHERE sha256 = $1)", cancellationToken, sha256), cancellationToken);

    private Task<int> SaveAsync(string sha256, Stream package, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            package.Position = 0;
            await using var insert = new NpgsqlCommand("INSERT INTO driver_builds(sha256, package) VALUES ($1, $2) ON CONFLICT (sha256) DO UPDATE SET package = excluded.package", connection)
            {
                Parameters = { new NpgsqlParameter { Value = sha256 }, new NpgsqlParameter { Value = package, NpgsqlDbType = NpgsqlDbType.Bytea } },
            };
            return await insert.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    private Task<bool> ReadAsync(string sha256, Stream package, CancellationToken cancellationToken) => database.ReadAsync(
        async connection =>
        {
            package.SetLength(0);
            await using var select = new NpgsqlCommand("SELECT package FROM driver_builds WHERE sha256 = $1", connection) { Parameters = { new NpgsqlParameter { Value = sha256 } } };
            await using var reader = await select.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
            {
                return false;
            }

            await using var stored = await reader.GetStreamAsync(0, cancellationToken);
            await stored.CopyToAsync(package, cancellationToken);
            return true;
        },
        cancellationToken);

    private Task<int> KeepAsync(IReadOnlyCollection<string> kept, CancellationToken cancellationToken) => database.WriteAsync(
        connection => connection.ExecuteAsync("DELETE FROM driver_builds WHERE sha256 <> ALL($1)", (object)kept.ToArray()), cancellationToken);
}
