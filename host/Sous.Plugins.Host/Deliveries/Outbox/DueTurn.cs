namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>What of a subscription's deliveries can be sent now.</summary>
/// <param name="Heads">The first of each lane that is due, those that wait longest first.</param>
/// <param name="Next">When the next lane is due that is not now, or null.</param>
internal sealed record DueTurn(IReadOnlyList<Delivery> Heads, DateTimeOffset? Next);
