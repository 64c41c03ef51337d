namespace Sous.Plugins.Host.Syncing.Listings;

/// <summary>What became of a complete listing. Stored as its number.</summary>
internal enum ListingState
{
    /// <summary>Some of its pages are stored.</summary>
    UnderWay = 0,

    /// <summary>All of them are, and what it does not name is still to be deleted.</summary>
    Complete = 1,

    /// <summary>It would delete too much: an operator decides.</summary>
    Held = 2,

    /// <summary>The operator lets what it would delete go.</summary>
    Approved = 3,

    /// <summary>It is carried out. By location its marks stay, since they say which records are the location's; a rejected one leaves its print.</summary>
    Kept = 4,

    /// <summary>Its scope's position was set by hand, maybe into its midst: it names too little to delete by.</summary>
    Cut = 5,
}
