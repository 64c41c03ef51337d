namespace Sous.Plugins.Sdk.Webhooks;

/// <summary>
/// The ability to take a service's webhooks; implemented by the factory. All of it is pure: it may run before the host knows
/// whose webhook it is, and again when one is replayed.
/// </summary>
public interface IWebhookReceiver
{
    /// <summary>Whether the webhook is the service's, judged on its raw bytes and in constant time.</summary>
    /// <param name="request">The webhook as it came.</param>
    /// <param name="secret">The registration's webhook secret.</param>
    /// <param name="now">The time to judge its age by.</param>
    WebhookVerdict Verify(WebhookRequest request, Secret secret, DateTimeOffset now);

    /// <summary>The events that a genuine webhook tells of; empty where it tells nothing (a challenge, a ping).</summary>
    /// <param name="request">The webhook as it came.</param>
    /// <exception cref="DriverException">The body is not what the service is known to send.</exception>
    IReadOnlyList<ServiceEvent> Read(WebhookRequest request);
}
