using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Days;

public sealed class TieOutTests
{
    private static readonly DayFigures Ours = DayFigures.Empty(new ConnectionId("c"), "L1", Sales.Day, "USD") with
    {
        Payments = Sales.Usd(500), Tips = Sales.Usd(20), PaymentCount = 3,
    };

    [Fact]
    public void A_day_ties_where_all_that_the_service_tells_agrees()
    {
        var tie = TieOut.Compare(Ours, new DayTotals { Source = "payments listed", Payments = Sales.Usd(500), Tips = Sales.Usd(20), PaymentCount = 3 });

        Assert.True(tie.Ties);
        Assert.Equal(["payments", "tips", "payment_count"], tie.Figures.Select(static figure => figure.Name));
    }

    [Fact]
    public void A_figure_that_differs_breaks_the_tie_and_tells_by_how_much()
    {
        var tie = TieOut.Compare(Ours, new DayTotals { Source = "payments listed", Payments = Sales.Usd(510), PaymentCount = 3 });

        Assert.False(tie.Ties);
        Assert.Equal(("payments", -10L), Assert.Single(tie.Figures, static figure => !figure.Ties) is var wrong ? (wrong.Name, wrong.Difference) : default);
    }

    [Fact]
    public void The_same_number_of_another_currency_does_not_tie_and_nothing_told_ties_nothing()
    {
        Assert.False(TieOut.Compare(Ours, new DayTotals { Source = "x", Payments = new Money(500, "CAD") }).Ties);
        Assert.False(TieOut.Compare(Ours, new DayTotals { Source = "x" }).Ties);
    }
}
