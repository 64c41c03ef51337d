using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>Where a location's business day stands: opened once it has settled, closed once it was first tied out.</summary>
/// <param name="Due">When the step falls due; for the first, when the day had settled.</param>
/// <param name="Changes">How often a record of the day has changed since it was opened; counted in the commit of the change.</param>
/// <param name="Seen">Up to which of them the figures in <paramref name="State"/> stand.</param>
internal sealed record Closing(ClosingKey Key, ClosingStep Step, DateTimeOffset? Due, long Changes, long Seen, ClosingState State)
{
    /// <summary>Whether a record changed that the figures do not know of.</summary>
    public bool IsStale => State.ClosedAt is not null && Changes != Seen;

    /// <summary>The last tie-out, with what comes of it.</summary>
    public TieOut? TieOut => State.TieOut is { } tie
        ? tie with { Attempts = State.Attempts, NextAttempt = Step == ClosingStep.None ? null : Due, Actor = State.GivenUp ? Actor.Operator : null }
        : null;

    /// <summary>The last tie-out while it speaks of the day as it is; null where the day is yet to be compared, or again.</summary>
    public TieOut? Standing => TieOut is { } tie && tie.Stands(State.ClosedAt, State.RestatedAt) ? tie : null;
}
