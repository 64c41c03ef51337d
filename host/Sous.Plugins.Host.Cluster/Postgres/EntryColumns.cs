using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>How an entry is read from <c>changes</c>.</summary>
internal static class EntryColumns
{
    public const string List = "c.sequence, c.connection, c.stream, c.type, c.kind, c.location, c.id, c.version, c.changed_at, c.body";

    /// <summary>With its sequence as it is stored.</summary>
    public static FeedEntry Read(NpgsqlDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        Connection = new ConnectionId(row.GetString(1)),
        Stream = new StreamName(row.GetString(2)),
        Type = row.GetString(3),
        Kind = (ChangeKind)row.GetInt32(4),
        Location = row.Place(5),
        Id = row.GetString(6),
        Version = row.GetInt64(7),
        ChangedAt = row.Instant(8),
        Body = row.GetFieldValue<byte[]>(9),
    };
}
