namespace Sous.Plugins.Simulators.Hosting;

/// <summary>One try to deliver a webhook.</summary>
/// <param name="EventId">Its event.</param>
/// <param name="Type">The service's own word, such as <c>order.created</c>.</param>
/// <param name="OrderId">The order that it is about, or nothing.</param>
/// <param name="Retry">0 for the first try.</param>
/// <param name="Forged">Whether it was badly signed on purpose.</param>
/// <param name="Status">What was answered; 0 for no answer.</param>
public sealed record WebhookAttempt(string EventId, string Type, string? OrderId, int Retry, bool Forged, int Status);
