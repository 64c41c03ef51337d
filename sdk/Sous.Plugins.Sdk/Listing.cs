namespace Sous.Plugins.Sdk;

/// <summary>
/// Whether a page is part of a complete listing. After a listing's end the host deletes the records of the scope that the
/// listing did not name, nor any page after it; a listing that was broken off deletes nothing, and neither does a bounded
/// request's. One that would delete many at once (by default 10 or more, and over a fifth of the scope) deletes nothing
/// before an operator has agreed.
/// </summary>
/// <remarks>
/// A listing may take several calls: what each stored page named is remembered with its checkpoint, and the first page after
/// an <see cref="End"/>, or of a call without a checkpoint, begins the next one. A record that goes away while a listing
/// is taken up again may stay until the next listing.
/// </remarks>
public enum Listing
{
    /// <summary>The page holds changes; records that it does not name are unaffected.</summary>
    None,

    /// <summary>The page is part of a complete listing.</summary>
    Part,

    /// <summary>The page ends a complete listing: no page of it was skipped and no error swallowed.</summary>
    End,
}
