namespace Sous.Plugins.Sdk;

/// <summary>One page of changes and the position to go on from once it is stored: the unit of commit.</summary>
/// <typeparam name="T">The canonical record.</typeparam>
/// <param name="Changes">At most 1,000, oldest change first; may be empty. An id stands in a page once.</param>
/// <param name="Next">Stored in one transaction with the changes above. It differs from the page before, unless nothing is left to fetch.</param>
public sealed record SyncPage<T>(IReadOnlyList<Change<T>> Changes, Checkpoint Next)
    where T : class
{
    /// <summary>Whether the page belongs to a complete listing of its scope.</summary>
    public Listing Listing { get; init; }

    /// <summary>Everything that changed at the service before this instant has been handed over with this page, or null where the driver cannot say.</summary>
    public DateTimeOffset? CompleteUntil { get; init; }
}
