using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Sdk.Testing;

/// <summary>A genuine webhook as the service sends it. The suite forges others from it.</summary>
/// <param name="Request">The webhook.</param>
/// <param name="Secret">What it was signed with.</param>
/// <param name="ReceivedAt">When it came: <see cref="IWebhookReceiver.Verify"/> judges its age by this.</param>
public sealed record WebhookSample(WebhookRequest Request, Secret Secret, DateTimeOffset ReceivedAt);
