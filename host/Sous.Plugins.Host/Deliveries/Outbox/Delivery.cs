using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>One event on its way to one subscription.</summary>
internal sealed record Delivery
{
    /// <summary>Its place in its lane; given by the outbox, and never given twice.</summary>
    public long No { get; init; }

    public required string Id { get; init; }

    public required TenantId Tenant { get; init; }

    public required string Subscription { get; init; }

    /// <summary>What it keeps its order with, see <see cref="Lanes"/>.</summary>
    public required string Lane { get; init; }

    public ConnectionId? Connection { get; init; }

    /// <summary>The <c>webhook-id</c>: the event's id, the same in every attempt.</summary>
    public required string Event { get; init; }

    public required string Type { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is told, as JSON.</summary>
    public required string Data { get; init; }

    /// <summary>The <c>webhook-id</c> of what it is an edited copy of, or null.</summary>
    public string? EditedFrom { get; init; }

    public DeliveryState State { get; init; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; init; }

    /// <summary>How far it is in the schedule of retries.</summary>
    public int Rung { get; init; }

    /// <summary>When that schedule began: with the delivery, or with its replay.</summary>
    public required DateTimeOffset Since { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it is tried next, where it is the first of its lane.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>What the last attempt was answered with; null where nobody answered.</summary>
    public int? Status { get; init; }

    /// <summary>Why the last attempt failed, or why it was canceled.</summary>
    public string? Reason { get; init; }
}
