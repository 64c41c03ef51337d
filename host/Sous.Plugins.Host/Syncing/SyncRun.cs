using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>One execution of a sync: what was asked, how far it came and how it ended.</summary>
internal sealed record SyncRun
{
    /// <summary><c>run_</c> and 22 letters and digits.</summary>
    public required string Id { get; init; }

    public required TenantId Tenant { get; init; }

    public required ConnectionId Connection { get; init; }

    public required StreamName Stream { get; init; }

    /// <summary>What started it: schedule, request, connect, settings, webhook, day, backfill.</summary>
    public required string Trigger { get; init; }

    /// <summary>Drawn when it began; a later run's is higher.</summary>
    public long Fence { get; init; }

    /// <summary>First business day asked for, or null for an incremental run.</summary>
    public DateOnly? From { get; init; }

    public DateOnly? To { get; init; }

    public required SyncOutcome Outcome { get; init; }

    /// <summary>One plain sentence on why it did not complete, or null.</summary>
    public string? Reason { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public int Pages { get; init; }

    public long Inserted { get; init; }

    public long Updated { get; init; }

    public long Unchanged { get; init; }

    public long Deleted { get; init; }

    public long Held { get; init; }
}
