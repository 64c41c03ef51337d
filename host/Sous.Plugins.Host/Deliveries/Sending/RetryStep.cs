using Sous.Plugins.Host.Deliveries.Outbox;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>What becomes of a delivery after an attempt.</summary>
/// <param name="State">Where it stands then.</param>
/// <param name="Due">When its lane goes on.</param>
/// <param name="Rung">How far in the schedule it is then.</param>
internal readonly record struct RetryStep(DeliveryState State, DateTimeOffset Due, int Rung);
