using Npgsql;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>What is known of a record of a connection.</summary>
internal sealed class RecordRow
{
    /// <summary>As <see cref="Read"/> wants them.</summary>
    public const string Columns = "r.stream, r.id, r.type, r.state, r.location, r.place, r.day, r.sequence, r.version, r.hash";

    /// <summary>How many they are.</summary>
    public const int Width = 10;

    public required string Stream { get; init; }

    public required string Id { get; init; }

    public string Type { get; set; } = "";

    public RecordState State { get; set; }

    /// <summary>The own location under which it stands in the feed.</summary>
    public string Location { get; set; } = "";

    /// <summary>The service's location.</summary>
    public string Place { get; set; } = "";

    /// <summary>Its business day's number.</summary>
    public int Day { get; set; }

    /// <summary>Its newest entry in the feed, 0 for none; below 0 one of the transaction under way, from -1.</summary>
    public long Sequence { get; set; }

    public long Version { get; set; }

    /// <summary>Of its body; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Hash { get; set; }

    public static RecordRow Read(NpgsqlDataReader row) => new()
    {
        Stream = row.GetString(0),
        Id = row.GetString(1),
        Type = row.GetString(2),
        State = (RecordState)row.GetInt32(3),
        Location = row.GetString(4),
        Place = row.GetString(5),
        Day = row.GetInt32(6),
        Sequence = row.GetInt64(7),
        Version = row.GetInt64(8),
        Hash = row.GetFieldValue<byte[]>(9),
    };
}
