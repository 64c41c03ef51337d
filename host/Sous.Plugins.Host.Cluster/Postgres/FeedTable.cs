using System.Globalization;
using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Where the tenants' feeds stand, and which life of them this is.</summary>
internal static class FeedTable
{
    /// <summary>As <see cref="Read"/> wants them.</summary>
    public const string Columns = "id, era, floor, last, base, former, purged, since";

    /// <summary>The epoch, drawn where the database has none yet.</summary>
    public static async Task<FeedEpoch> ReadEpochAsync(NpgsqlConnection connection)
    {
        await connection.ExecuteAsync("INSERT INTO meta(name, value) VALUES ('feed', $1), ('feed_base', '0') ON CONFLICT DO NOTHING", FeedEpoch.Draw());
        var meta = (await connection.ListAsync("SELECT name, value FROM meta WHERE name IN ('feed', 'feed_base')", static row => (Name: row.GetString(0), Value: row.GetString(1)), CancellationToken.None))
            .ToDictionary(static row => row.Name, static row => row.Value);
        return new FeedEpoch(meta["feed"], long.Parse(meta["feed_base"], CultureInfo.InvariantCulture));
    }

    /// <summary>Begins another life of the feeds, in a database that no host has open, as after it was brought back from a copy.</summary>
    /// <returns>By how much every sequence is told as a greater number than before.</returns>
    public static async Task<long> RenewEpochAsync(NpgsqlConnection connection, DateTimeOffset now)
    {
        var before = await ReadEpochAsync(connection);
        var longest = await connection.FindAsync<long>("SELECT coalesce(max(last + base), 0) FROM tenants", CancellationToken.None);
        var after = new FeedEpoch(FeedEpoch.Draw(), FeedEpoch.Above(before.Tell(longest), now));
        await connection.ExecuteAsync(
            "UPDATE meta SET value = CASE name WHEN 'feed' THEN $1 ELSE $2 END WHERE name IN ('feed', 'feed_base')", after.Name, after.Base.ToString(CultureInfo.InvariantCulture));
        return after.Base - before.Base;
    }

    /// <summary>Empty where nothing of the tenant was stored yet.</summary>
    public static async Task<FeedState> ReadAsync(NpgsqlConnection connection, TenantId tenant, CancellationToken cancellationToken) =>
        (await connection.FindAsync($"SELECT {Columns} FROM tenants WHERE id = $1", Read, cancellationToken, tenant.Value)).State;

    public static async Task<Dictionary<TenantId, FeedState>> ReadAsync(NpgsqlConnection connection, IEnumerable<TenantId> tenants, CancellationToken cancellationToken) =>
        (await connection.ListAsync($"SELECT {Columns} FROM tenants WHERE id = ANY($1)", Read, cancellationToken, (object)tenants.Select(static tenant => tenant.Value).ToArray()))
        .ToDictionary(static feed => feed.Tenant, static feed => feed.State);

    public static Task<List<TenantId>> ListTenantsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ListAsync("SELECT id FROM tenants ORDER BY id", static row => new TenantId(row.GetString(0)), cancellationToken);

    /// <summary>All tenants' newest sequences, added up.</summary>
    public static Task<long> SumAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.FindAsync<long>("SELECT coalesce(sum(last), 0)::bigint FROM tenants", cancellationToken);

    public static (TenantId Tenant, FeedState State) Read(NpgsqlDataReader row) => (
        new TenantId(row.GetString(0)),
        new FeedState(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)) { Base = row.GetInt64(4), Former = row.GetInt64(5), Purged = row.GetInt64(6), Since = row.GetInt64(7) });
}
