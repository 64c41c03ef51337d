namespace Sous.Plugins.Host.Syncing.Listings;

/// <summary>Records of a scope that a complete listing does not name.</summary>
/// <param name="Count">How many.</param>
/// <param name="Total">Of so many that the scope has.</param>
/// <param name="Print">The same for the same records, and another for others; 0 for none.</param>
internal readonly record struct Missing(long Count, long Total, long Print);
