using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Listings;

/// <summary>
/// What complete listings named, noted in the commits of their pages, so that a kill between two of them loses nothing. In
/// the change store's database. What a task acknowledges is durable.
/// </summary>
internal interface IListings
{
    /// <returns>Oldest first.</returns>
    ValueTask<IReadOnlyList<StoredListing>> ListAsync(Scope scope, CancellationToken cancellationToken);

    /// <returns>Those of the sync's scopes that an operator has to decide on.</returns>
    ValueTask<IReadOnlyList<StoredListing>> ListHeldAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken);

    /// <summary>Compares a listing with the scope's records.</summary>
    ValueTask<Missing> CompareAsync(Scope scope, long listing, CancellationToken cancellationToken);

    /// <summary>Deletes the records that the listing does not name, nor any page since, some in each transaction. Doing it again deletes nothing more.</summary>
    /// <param name="advanced">How many more were deleted.</param>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task DeleteMissingAsync(ListingWork work, long listing, DateTimeOffset at, Action<int> advanced, CancellationToken cancellationToken);

    /// <summary>The listing is what the scope holds from now on; earlier ones, a held one too, mean nothing any more.</summary>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task FinishAsync(ListingWork work, long listing, CancellationToken cancellationToken);

    /// <summary>Nothing is deleted before an operator has decided; a question from before is asked no more.</summary>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task HoldAsync(ListingWork work, long listing, Missing missing, CancellationToken cancellationToken);

    /// <summary>What the listing leaves out stays, as with one that was rejected before.</summary>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task PassOverAsync(ListingWork work, long listing, CancellationToken cancellationToken);

    /// <summary>Decides on all that a run holds: its deletes go through with the sync's next run, or what it would have deleted stays.</summary>
    /// <returns>How many of its scopes were decided on; 0 where it holds nothing.</returns>
    Task<int> DecideAsync(string run, bool approve, CancellationToken cancellationToken);
}
