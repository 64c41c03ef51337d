using Sous.Plugins.Host.Syncing.Gaps;

namespace Sous.Plugins.Host.Tests.Syncing.Gaps;

public sealed class GapFinderTests
{
    // A Monday.
    private static readonly DateOnly s_from = new(2026, 1, 5);

    [Fact]
    public void A_day_without_a_sale_between_busy_weeks_is_a_gap()
    {
        var counts = Weeks(6);
        counts[17] = 0;

        Assert.Equal([(s_from.AddDays(17), s_from.AddDays(17))], GapFinder.Find(s_from, counts));
    }

    [Fact]
    public void The_newest_day_is_one_where_the_two_weeks_before_were_busy_on_it()
    {
        var counts = Weeks(3);
        counts[^1] = 0;

        Assert.Equal([(s_from.AddDays(20), s_from.AddDays(20))], GapFinder.Find(s_from, counts));
    }

    [Fact]
    public void Days_on_end_are_one_gap_and_a_day_of_rest_among_them_does_not_cut_it()
    {
        var counts = Weeks(8, closed: 0);
        Array.Clear(counts, 22, 12);

        Assert.Equal([(s_from.AddDays(22), s_from.AddDays(33))], GapFinder.Find(s_from, counts));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void A_weekday_on_which_the_place_is_always_closed_is_none(int closed) => Assert.Empty(GapFinder.Find(s_from, Weeks(8, closed)));

    [Fact]
    public void What_was_before_the_first_sales_or_follows_hardly_any_is_none()
    {
        var counts = Weeks(8);
        Array.Clear(counts, 0, 14);
        Assert.Empty(GapFinder.Find(s_from, counts));

        // Nine sales a day are too few to say anything.
        counts = [.. Weeks(8).Select(static sales => Math.Min(sales, 9))];
        counts[30] = 0;
        Assert.Empty(GapFinder.Find(s_from, counts));
        Assert.Empty(GapFinder.Find(s_from, []));
    }

    private static int[] Weeks(int weeks, int? closed = null) => [.. Enumerable.Range(0, 7 * weeks).Select(day => day % 7 == closed ? 0 : 40 + day)];
}
