namespace Sous.Plugins.Sdk.Webhooks;

/// <summary>Whether a webhook is the service's.</summary>
public enum WebhookVerdict
{
    /// <summary>Signed by the service.</summary>
    Genuine,

    /// <summary>Not signed, or not by the service.</summary>
    Forged,

    /// <summary>Signed, but older than the service's own window.</summary>
    Stale,
}
