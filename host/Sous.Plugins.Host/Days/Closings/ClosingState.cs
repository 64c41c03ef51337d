namespace Sous.Plugins.Host.Days.Closings;

/// <summary>What is kept of a closed day.</summary>
internal sealed record ClosingState
{
    public static readonly ClosingState Open = new();

    /// <summary>When it was first tied out; null before.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The figures at that time.</summary>
    public DaySums? AsClosed { get; init; }

    /// <summary>The figures as they were last told.</summary>
    public DaySums? Sums { get; init; }

    /// <summary>When a figure last changed after it was closed.</summary>
    public DateTimeOffset? RestatedAt { get; init; }

    /// <summary>The last tie-out.</summary>
    public TieOut? TieOut { get; init; }

    /// <summary>How often it was synced again since it last tied.</summary>
    public int Attempts { get; init; }

    /// <summary>It differs, and syncing it again did not help: an operator must look.</summary>
    public bool GivenUp { get; init; }
}
