using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>One page of one run: records, feed entries and checkpoint, committed whole or not at all.</summary>
internal sealed record PageCommit
{
    public required TenantId Tenant { get; init; }

    public required Scope Scope { get; init; }

    /// <summary>The run that the page belongs to.</summary>
    public required string Run { get; init; }

    /// <summary>The run's fencing number; a commit with a stale one is refused.</summary>
    public required long Fence { get; init; }

    public required IReadOnlyList<RecordChange> Changes { get; init; }

    /// <summary>The position to go on from, or null to leave the scope's checkpoint as it is (a bounded range, a targeted fetch).</summary>
    public Checkpoint? Next { get; init; }

    public Listing Listing { get; init; }

    /// <summary>Whether it is the first of a call that was given no checkpoint: a listing that was broken off begins anew.</summary>
    public bool BeginsAnew { get; init; }

    /// <summary>With a page of a listing: the <see cref="IdMark"/>s of its records.</summary>
    public ReadOnlyMemory<byte> Marks { get; init; }

    public required DateTimeOffset At { get; init; }
}
