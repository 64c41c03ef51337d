using Npgsql;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Reads columns of a row.</summary>
internal static class Rows
{
    public static string? TextOf(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset Instant(this NpgsqlDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    public static DateTimeOffset? InstantOf(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Instant(column);
}
