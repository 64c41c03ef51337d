using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Migrations;

/// <summary>The marks of a migration in the database, beside the epoch of its feeds.</summary>
internal static class MarkRows
{
    private const string UnderWay = "migration";

    private const string Moved = "moved";

    // Whatever a host keeps begins with one of these.
    private const string IsEmpty = """
        SELECT NOT EXISTS (SELECT FROM documents) AND NOT EXISTS (SELECT FROM tenants) AND NOT EXISTS (SELECT FROM connections)
            AND NOT EXISTS (SELECT FROM inbox) AND NOT EXISTS (SELECT FROM deliveries)
        """;

    /// <summary>Writes nothing.</summary>
    public static Task<SideState> ReadAsync(PostgresDatabase database, CancellationToken cancellationToken) => database.ReadAsync(
        async connection =>
        {
            if (!await connection.FindAsync<bool>($"SELECT to_regclass('{Schema.Name}.meta') IS NOT NULL", cancellationToken))
            {
                return new SideState(null, true, null, null);
            }

            var meta = (await connection.ListAsync("SELECT name, value FROM meta", static row => (Name: row.GetString(0), Value: row.GetString(1)), cancellationToken))
                .ToDictionary(static row => row.Name, static row => row.Value);
            var underWay = Parse(meta, UnderWay, MigrationsJson.Default.MigrationMark);
            var epoch = underWay is null && meta.TryGetValue("feed", out var feed) ? new FeedEpoch(feed, long.Parse(meta["feed_base"], CultureInfo.InvariantCulture)) : null;
            return new SideState(epoch, await connection.FindAsync<bool>(IsEmpty, cancellationToken), underWay, Parse(meta, Moved, MigrationsJson.Default.MovedMark));
        },
        cancellationToken);

    /// <param name="where">The database, for sentences.</param>
    /// <exception cref="StorageException">No host may work there.</exception>
    public static void Refuse(SideState state, string where)
    {
        if (state.UnderWay is { } underWay)
        {
            throw new StorageException(underWay.Explain(where));
        }

        if (state.Moved is { } moved)
        {
            throw new StorageException($"{moved.Explain(where)} Start the host there, without SOUS_{ClusterAssembly.Setting}, or bring all of it back with: sous-plugins migrate --to postgres");
        }
    }

    public static Task<int> PutAsync(NpgsqlConnection connection, MigrationMark mark) => PutAsync(connection, UnderWay, JsonSerializer.Serialize(mark, MigrationsJson.Default.MigrationMark));

    public static Task<int> PutAsync(NpgsqlConnection connection, MovedMark mark) => PutAsync(connection, Moved, JsonSerializer.Serialize(mark, MigrationsJson.Default.MovedMark));

    public static async Task PutAsync(NpgsqlConnection connection, FeedEpoch epoch)
    {
        await PutAsync(connection, "feed", epoch.Name);
        await PutAsync(connection, "feed_base", epoch.Base.ToString(CultureInfo.InvariantCulture));
    }

    public static Task<int> DeleteUnderWayAsync(NpgsqlConnection connection) => connection.ExecuteAsync("DELETE FROM meta WHERE name = $1", UnderWay);

    private static Task<int> PutAsync(NpgsqlConnection connection, string name, string value) => connection.ExecuteAsync(
        "INSERT INTO meta(name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value);

    private static T? Parse<T>(Dictionary<string, string> meta, string name, JsonTypeInfo<T> json)
        where T : class
        => meta.TryGetValue(name, out var text) ? JsonSerializer.Deserialize(text, json) : null;
}
