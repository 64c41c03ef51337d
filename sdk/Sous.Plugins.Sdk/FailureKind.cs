namespace Sous.Plugins.Sdk;

/// <summary>The five ways to fail: each says who must act.</summary>
public enum FailureKind
{
    /// <summary>Nobody must act: the host tries again with back-off and jitter.</summary>
    Transient,

    /// <summary>Nobody must act: the host waits for as long as the service said and slows the shared budget.</summary>
    RateLimited,

    /// <summary>The owner must act: one refresh and one retry, after that the connection needs reconnecting.</summary>
    Unauthorized,

    /// <summary>The operator must act: a setting, a scope or a client registration is wrong; the message names it.</summary>
    Misconfigured,

    /// <summary>The driver's author must act. Any exception other than <see cref="DriverException"/> counts as this.</summary>
    Defect,
}
