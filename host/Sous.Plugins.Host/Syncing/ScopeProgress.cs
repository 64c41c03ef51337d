using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How far a run has come in one scope.</summary>
/// <param name="Location">The service's id of the location, or null where the stream is scoped by connection.</param>
/// <param name="Name">The location's name, or null.</param>
internal sealed record ScopeProgress(string? Location, string? Name)
{
    /// <summary>Running until the scope has ended.</summary>
    public SyncOutcome State { get; init; } = SyncOutcome.Running;

    public int Pages { get; init; }

    public long Inserted { get; init; }

    public long Updated { get; init; }

    public long Unchanged { get; init; }

    public long Deleted { get; init; }

    public long Held { get; init; }

    public ScopeProgress Add(CommitResult page) => this with
    {
        Pages = Pages + 1,
        Inserted = Inserted + page.Inserted,
        Updated = Updated + page.Updated,
        Unchanged = Unchanged + page.Unchanged,
        Deleted = Deleted + page.Deleted,
        Held = Held + page.Held,
    };
}
