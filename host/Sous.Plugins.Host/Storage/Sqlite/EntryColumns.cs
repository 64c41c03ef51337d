using Sous.Plugins.Host.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>How an entry is read from <c>changes</c>.</summary>
internal static class EntryColumns
{
    public const string List = "position, previous, connection, stream, type, kind, location, place, day, version, changed_at, id, body";

    public const int Position = 0;
    public const int Previous = 1;
    public const int Stream = 3;
    public const int Kind = 5;
    public const int Location = 6;
    public const int Place = 7;
    public const int Day = 8;
    public const int ChangedAt = 10;
    private const int Connection = 2;
    private const int Type = 4;
    private const int Version = 9;
    private const int Id = 11;
    private const int Body = 12;

    public static FeedEntry Read(Statement row, Numbers numbers, in FeedState feed) => new()
    {
        Sequence = feed.Tell(numbers.Epoch, Sqlite.Position.SequenceOf(row.Int64(Position))),
        Stream = new StreamName(numbers.NameOf(row.Int64(Stream))),
        Type = numbers.NameOf(row.Int64(Type)),
        Kind = (ChangeKind)row.Int64(Kind),
        Connection = numbers.ConnectionOf(row.Int64(Connection)),
        Location = row.Int64(Location) is var location and not 0 ? numbers.NameOf(location) : null,
        Id = row.Text(Id),
        Version = row.Int64(Version),
        ChangedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(ChangedAt)),
        Body = row.Bytes(Body).ToArray(),
    };
}
