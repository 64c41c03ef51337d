using Npgsql;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Reads columns of a row; those whose name ends with "Of" may be null there.</summary>
internal static class Rows
{
    public static string? TextOf(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static int? NumberOf(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    public static DateTimeOffset Instant(this NpgsqlDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    public static DateTimeOffset? InstantOf(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Instant(column);

    public static DateOnly Day(this NpgsqlDataReader row, int column) => DateOnly.FromDayNumber(row.GetInt32(column));

    public static DateOnly? DayOf(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Day(column);

    /// <summary>Null where the text is empty, as one that is part of a key cannot be null.</summary>
    public static string? Place(this NpgsqlDataReader row, int column) => row.GetString(column) is { Length: > 0 } place ? place : null;
}
