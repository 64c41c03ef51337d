namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>What is known of a record; connection, stream, id are its key. Location, place, type and stream are names.</summary>
internal record struct RecordRow
{
    public required long Connection { get; init; }

    public required long Stream { get; init; }

    public required string Id { get; init; }

    public long Type { get; set; }

    public RecordState State { get; set; }

    /// <summary>The own location under which it stands in the feed, 0 for none.</summary>
    public long Location { get; set; }

    /// <summary>The service's location, 0 for none.</summary>
    public long Place { get; set; }

    /// <summary>Its business day's number, 0 for none.</summary>
    public long Day { get; set; }

    /// <summary>Its newest entry in the feed, 0 for none.</summary>
    public long Sequence { get; set; }

    public long Version { get; set; }

    /// <summary>Its row in <c>held</c>, 0 for none.</summary>
    public long Held { get; set; }
}
