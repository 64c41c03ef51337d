namespace Sous.Plugins.Proofs.Kills.Together;

/// <summary>What the host is about when it is killed.</summary>
internal enum WorkKind
{
    /// <summary>It has not said yet that it is ready.</summary>
    Start,

    /// <summary>It has asked for a page.</summary>
    Page,

    /// <summary>Something was sold or given back, and webhooks of it are on their way.</summary>
    Webhook,

    /// <summary>An event is at the platform's address, and not answered.</summary>
    Delivery,

    /// <summary>A service has granted new tokens, and answered nothing.</summary>
    Grant,

    /// <summary>The answer with new tokens has gone out.</summary>
    Tokens,
}
