namespace Sous.Plugins.Host.Days.Closings;

/// <summary>What a day's figures and a tie-out make of where it stood: plain rules, without a store or a service.</summary>
internal static class ClosingVerdict
{
    /// <summary>The figures are others than were told. The day is tied out again at once, or after the re-sync that is due anyway.</summary>
    /// <param name="seen">Up to which change of the day the figures stand.</param>
    public static Closing Restate(Closing closing, DaySums sums, long seen, DateTimeOffset now)
    {
        if (sums == closing.State.Sums)
        {
            return closing with { Seen = seen };
        }

        return closing with
        {
            Seen = seen,
            State = closing.State with { Sums = sums, RestatedAt = now },
            Step = closing.Step == ClosingStep.Resync ? ClosingStep.Resync : ClosingStep.TieOut,
            Due = closing.Step == ClosingStep.Resync ? closing.Due : now,
        };
    }

    /// <summary>
    /// Closes the day, or takes the tie-out of a closed one. A day that differs is synced again, so many times and no more until it
    /// has tied once: whatever the service does, it ends.
    /// </summary>
    public static Closing Take(Closing closing, DaySums sums, TieOut tie, DateTimeOffset now, DaysOptions options)
    {
        var before = closing.State;
        var attempts = before.TieOut is { Ties: true } && !tie.Ties ? 0 : before.Attempts;
        var again = tie.Differs && attempts < options.Resyncs;
        return closing with
        {
            Step = again ? ClosingStep.Resync : ClosingStep.None,
            Due = again ? now + options.DelayAfter(attempts) : null,
            Seen = closing.Changes,
            State = before with
            {
                ClosedAt = before.ClosedAt ?? now,
                AsClosed = before.AsClosed ?? sums,
                Sums = sums,
                RestatedAt = before.ClosedAt is not null && sums != before.Sums ? now : before.RestatedAt,
                TieOut = tie,
                Attempts = attempts,
                GivenUp = tie.Differs && !again,
            },
        };
    }
}
