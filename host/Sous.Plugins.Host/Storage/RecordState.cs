namespace Sous.Plugins.Host.Storage;

/// <summary>Stored as its number.</summary>
internal enum RecordState
{
    /// <summary>Its newest entry in the feed is an upsert.</summary>
    Live = 0,

    /// <summary>Its newest entry in the feed is a delete.</summary>
    Deleted = 1,

    /// <summary>Its location is not mapped: the newest body is in <c>held</c>, and the feed has none or ends with a delete.</summary>
    Held = 2,
}
