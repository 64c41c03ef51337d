namespace Sous.Plugins.Host.Storage;

/// <summary>What a change did.</summary>
[Flags]
internal enum RecordEffect
{
    Unchanged = 0,
    Inserted = 1,
    Updated = 2,
    Deleted = 4,

    /// <summary>Beside one of the others: it is not in the feed.</summary>
    Held = 8,
}
