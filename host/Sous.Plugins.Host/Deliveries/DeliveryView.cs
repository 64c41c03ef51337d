using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;

namespace Sous.Plugins.Host.Deliveries;

/// <summary>A delivery as the API shows it.</summary>
/// <param name="Event">The <c>webhook-id</c>.</param>
/// <param name="EditedFrom">The <c>webhook-id</c> of what it is an edited copy of.</param>
/// <param name="NextAttempt">Where it is the first of its lane; those behind it wait for it.</param>
/// <param name="Status">What the last attempt was answered with.</param>
/// <param name="Payload">What is sent, and <paramref name="History"/> each attempt: of one delivery alone, not in lists.</param>
internal sealed record DeliveryView(
    string Id,
    string Subscription,
    string Event,
    string Type,
    ConnectionId? Connection,
    DeliveryState State,
    string? EditedFrom,
    int Attempts,
    DateTimeOffset? NextAttempt,
    int? Status,
    string? Reason,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt,
    JsonElement? Payload,
    IReadOnlyList<DeliveryView.Attempt>? History)
{
    public static DeliveryView Of(Delivery delivery, IReadOnlyList<DeliveryAttempt>? attempts = null) => new(
        delivery.Id,
        delivery.Subscription,
        delivery.Event,
        delivery.Type,
        delivery.Connection,
        delivery.State,
        delivery.EditedFrom,
        delivery.Attempts,
        delivery.Due,
        delivery.Status,
        delivery.Reason,
        delivery.CreatedAt,
        delivery.EndedAt,
        attempts is null ? null : JsonElement.Parse(DeliveryBody.Write(delivery)),
        attempts is null ? null : [.. attempts.Select(static attempt => new Attempt(attempt.At, attempt.Status, attempt.Reason, (long)attempt.Took.TotalMilliseconds))]);

    /// <param name="Status">Absent where nobody answered.</param>
    /// <param name="Reason">Absent where it was delivered.</param>
    internal sealed record Attempt(DateTimeOffset At, int? Status, string? Reason, long Milliseconds);
}
