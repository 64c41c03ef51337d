namespace Sous.Plugins.Sdk;

/// <summary>A failure that the host knows how to act on. Any other exception is treated as a defect of the driver.</summary>
/// <param name="kind">Who must act.</param>
/// <param name="message">Shown on the dashboard, so free of secrets and personal data; one plain sentence.</param>
/// <param name="retryAfter">With <see cref="FailureKind.RateLimited"/> or <see cref="FailureKind.Transient"/>: how long the service asked to wait.</param>
/// <param name="inner">What caused it; read for its type and stack, never kept.</param>
public sealed class DriverException(FailureKind kind, string message, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Who must act.</summary>
    public FailureKind Kind { get; } = kind;

    /// <summary>How long the service asked to wait, or null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>
    /// With <see cref="FailureKind.Transient"/>: the service answered, and its answers contradict themselves, so that records may be
    /// missing without anybody being told: a cursor that came back, an order that was ignored, a listing that is not whole. The run
    /// ends as suspect: its checkpoint stays where it was, an operator is shown why, and the schedule tries again from there.
    /// </summary>
    public bool IsSuspect { get; init; }
}
