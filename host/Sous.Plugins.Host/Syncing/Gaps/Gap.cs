namespace Sous.Plugins.Host.Syncing.Gaps;

/// <summary>Business days of a location without a sale that look as if the service had left them out.</summary>
/// <param name="Last">Inclusive.</param>
/// <param name="Run">The run that found it.</param>
/// <param name="DueAt">When the service is asked for it again.</param>
internal sealed record Gap(long No, DateOnly First, DateOnly Last, string Run, DateTimeOffset FoundAt, DateTimeOffset DueAt)
{
    /// <summary>Whether that run has ended as suspect, and so says what it found.</summary>
    public bool IsTold { get; init; }

    /// <summary>Whether an operator called it wrong and the service was not asked since: it is due since it was found.</summary>
    public bool IsRejected => DueAt <= FoundAt;
}
