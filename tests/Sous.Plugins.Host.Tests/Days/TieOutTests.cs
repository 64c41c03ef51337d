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
    public void Every_figure_of_a_day_that_a_path_can_tell_is_compared()
    {
        var ours = Ours with
        {
            Sales = 7, Gross = Sales.Usd(1), Discounts = Sales.Usd(2), Net = Sales.Usd(3), Tax = Sales.Usd(4), TaxIncluded = Sales.Usd(5), ServiceCharges = Sales.Usd(6),
            Refunds = Sales.Usd(8), RefundCount = 9,
        };
        var off = Sales.Usd(-1);
        var theirs = new DayTotals
        {
            Source = "sales of the day", SaleCount = -1, Gross = off, Discounts = off, Net = off, Tax = off, TaxIncluded = off, ServiceCharges = off,
            Payments = off, Tips = off, Refunds = off, PaymentCount = -1, RefundCount = -1,
        };

        var tie = TieOut.Compare(ours, theirs);

        Assert.Equal(
            [("sales", 8L), ("gross", 2), ("discounts", 3), ("net", 4), ("tax", 5), ("tax_included", 6), ("service_charges", 7), ("payments", 501), ("tips", 21), ("refunds", 9), ("payment_count", 4), ("refund_count", 10)],
            tie.Figures.Select(static figure => (figure.Name, figure.Difference)));
    }

    [Fact]
    public void A_day_that_the_service_does_not_have_whole_does_not_tie()
        => Assert.False(TieOut.Compare(Ours, new DayTotals { Source = "x", Complete = false, Tips = Sales.Usd(20) }).Ties);

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
