using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Days;

public sealed class ClosingVerdictTests
{
    private static readonly ClosingKey Key = new(new ConnectionId("c"), "L1", Sales.Day);
    private static readonly DayFigures Figures = DayFigures.Empty(Key.Connection, Key.Location, Key.Day, "USD") with { Payments = Sales.Usd(500) };
    private static readonly DaysOptions Options = new();

    private static Closing Opened => new(Key, ClosingStep.TieOut, Sales.Noon, 0, 0, ClosingState.Open);

    [Fact]
    public void A_day_that_differs_is_synced_again_at_once_then_ever_later_and_then_not_any_more()
    {
        var closing = Take(Opened, 510);
        var waits = new List<TimeSpan>();
        while (closing.Step == ClosingStep.Resync)
        {
            Assert.False(closing.State.GivenUp);
            waits.Add(closing.Due!.Value - Sales.Noon);
            closing = Take(closing with { State = closing.State with { Attempts = closing.State.Attempts + 1 } }, 510);
        }

        Assert.Equal([TimeSpan.Zero, TimeSpan.FromMinutes(15), TimeSpan.FromHours(1)], waits);
        Assert.Equal((true, 3, ClosingStep.None, null), (closing.State.GivenUp, closing.State.Attempts, closing.Step, closing.Due));
    }

    [Fact]
    public void A_day_that_was_given_up_and_changes_is_tied_out_again_and_not_synced_again()
    {
        var given = Take(Opened with { State = ClosingState.Open with { Attempts = 3 } }, 510);

        var stale = ClosingVerdict.Restate(given with { Changes = 1 }, DaySums.Of(Figures with { Sales = 1 }), 1, Sales.Noon);
        var after = ClosingVerdict.Take(stale, DaySums.Of(Figures with { Sales = 1 }), Tie(510), Sales.Noon, Options);

        Assert.Equal(ClosingStep.TieOut, stale.Step);
        Assert.Equal((ClosingStep.None, true), (after.Step, after.State.GivenUp));
    }

    [Fact]
    public void A_day_that_tied_and_differs_later_has_all_its_attempts()
    {
        var tied = Take(Opened with { State = ClosingState.Open with { Attempts = 2, ClosedAt = Sales.Noon, Sums = DaySums.Of(Figures), AsClosed = DaySums.Of(Figures), TieOut = Tie(510) } }, 500);
        Assert.Equal((ClosingStep.None, 2), (tied.Step, tied.State.Attempts));

        var differs = Take(tied, 510);

        Assert.Equal((ClosingStep.Resync, 0), (differs.Step, differs.State.Attempts));
    }

    [Fact]
    public void The_figures_as_closed_stay_whatever_comes_after()
    {
        var closed = Take(Opened, 500);
        var restated = ClosingVerdict.Restate(closed with { Changes = 4 }, DaySums.Of(Figures with { Tips = Sales.Usd(7) }), 4, Sales.Noon.AddDays(1));

        Assert.Equal((0L, 7L), (restated.State.AsClosed!.Tips.Minor, restated.State.Sums!.Tips.Minor));
        Assert.Equal((Sales.Noon.AddDays(1), Sales.Noon, 4L, false), (restated.State.RestatedAt!.Value, restated.State.ClosedAt!.Value, restated.Seen, restated.IsStale));
        Assert.Null(ClosingVerdict.Restate(closed with { Changes = 4 }, DaySums.Of(Figures), 4, Sales.Noon.AddDays(1)).State.RestatedAt);
    }

    [Fact]
    public void A_path_that_tells_nothing_closes_the_day_without_a_verdict()
    {
        var closed = ClosingVerdict.Take(Opened, DaySums.Of(Figures), TieOut.Compare(Figures, new DayTotals { Source = "x" }), Sales.Noon, Options);

        Assert.Equal((ClosingStep.None, false, false), (closed.Step, closed.State.GivenUp, closed.State.TieOut!.Ties));
    }

    private static Closing Take(Closing closing, long theirs) => ClosingVerdict.Take(closing, DaySums.Of(Figures), Tie(theirs), Sales.Noon, Options);

    private static TieOut Tie(long theirs) => TieOut.Compare(Figures, new DayTotals { Source = "payments listed", Payments = Sales.Usd(theirs) });
}
