namespace Sous.Plugins.Host.Syncing.Listings;

/// <summary>A listing of one scope as the store knows it.</summary>
/// <param name="No">A later one's is higher.</param>
/// <param name="Run">The run that ended it, or asks about it.</param>
/// <param name="Missing">Where it is held: what it leaves out. Where one was rejected: what that left out.</param>
internal sealed record StoredListing(long No, ListingState State, string Run, Missing Missing);
