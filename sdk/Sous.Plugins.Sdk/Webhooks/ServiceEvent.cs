namespace Sous.Plugins.Sdk.Webhooks;

/// <summary>One event that a webhook told of. It is a hint to fetch, never data.</summary>
public sealed record ServiceEvent
{
    /// <summary>The service's id of the event, the same when it is sent again.</summary>
    public required string EventId { get; init; }

    /// <summary>What it tells of.</summary>
    public required ServiceEventKind Kind { get; init; }

    /// <summary>The account that it is about, by the service's id.</summary>
    public string? AccountId { get; init; }

    /// <summary>The location that it is about, by the service's id, or null.</summary>
    public string? LocationId { get; init; }

    /// <summary>The records that it is about, by the service's ids, as far as the webhook names them; a host may do without.</summary>
    public IReadOnlyList<string> RecordIds { get; init; } = [];

    /// <summary>When it happened, as the service says.</summary>
    public DateTimeOffset? At { get; init; }
}
