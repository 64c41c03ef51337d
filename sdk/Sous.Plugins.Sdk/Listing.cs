namespace Sous.Plugins.Sdk;

/// <summary>
/// Whether a page is part of a complete listing. After a listing's end the host deletes the records of the scope that the
/// listing did not name, within its own limits; a listing that was broken off deletes nothing.
/// </summary>
public enum Listing
{
    /// <summary>The page holds changes; records that it does not name are unaffected.</summary>
    None,

    /// <summary>The page is part of a complete listing.</summary>
    Part,

    /// <summary>The page ends a complete listing: no page of it was skipped and no error swallowed.</summary>
    End,
}
