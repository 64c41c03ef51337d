namespace Sous.Plugins.Host.Syncing.Freshness;

/// <summary>Whether what a scope has is as new as it should be.</summary>
internal enum FreshnessState
{
    Fresh,

    /// <summary>It was never fetched whole, and need not have been yet.</summary>
    Pending,

    Stale,
}
