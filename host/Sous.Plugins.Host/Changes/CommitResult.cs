namespace Sous.Plugins.Host.Changes;

/// <summary>What a page's commit did.</summary>
/// <param name="Held">Records of an unmapped location among them: stored, not in the feed.</param>
/// <param name="LastSequence">The tenant's newest position in the change feed.</param>
internal readonly record struct CommitResult(int Inserted, int Updated, int Unchanged, int Deleted, int Held, long LastSequence);
