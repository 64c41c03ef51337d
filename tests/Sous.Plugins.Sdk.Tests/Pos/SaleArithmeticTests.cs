using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Sdk.Tests.Pos;

public sealed class SaleArithmeticTests
{
    [Property]
    public Property A_sale_whose_sums_agree_has_no_warning(int[] lines, int discounts, int tax, int charges, int tips, sbyte rounding)
        => (SaleArithmetic.Check(Sale(lines, discounts, tax, charges, tips, rounding)).Count == 0).ToProperty();

    [Property]
    public Property One_unit_too_many_in_any_sum_is_a_mismatch(int gross, int discounts, int tax, byte which, NonZeroInt wrong)
    {
        var sale = Sale([gross], discounts, tax, 0, 0, 0);
        var by = new Money(Math.Sign(wrong.Get), "USD");
        sale = (which % 7) switch
        {
            0 => sale with { Net = sale.Net + by },
            1 => sale with { Discounts = sale.Discounts + by },
            2 => sale with { Tax = sale.Tax + by },
            3 => sale with { ServiceCharges = sale.ServiceCharges + by },
            4 => sale with { Tips = sale.Tips + by },
            5 => sale with { Rounding = sale.Rounding + by },
            _ => sale with { Total = sale.Total + by },
        };
        return SaleArithmetic.Check(sale).SequenceEqual([SaleArithmetic.TotalsMismatch]).ToProperty();
    }

    [Property]
    public Property Lines_may_differ_by_one_unit_each_and_no_more(PositiveInt count, bool up)
    {
        var lines = Enumerable.Repeat(100, (count.Get % 20) + 1).ToArray();
        var sale = Sale(lines, 0, 0, 0, 0, 0);
        Sale Off(int by) => Shifted(sale, up ? by : -by);
        return (SaleArithmetic.Check(Off(lines.Length)).Count == 0
            && SaleArithmetic.Check(Off(lines.Length + 1)).SequenceEqual([SaleArithmetic.LinesMismatch])).ToProperty();
    }

    [Fact]
    public void A_line_that_was_taken_back_does_not_count_and_a_sale_without_lines_is_not_held_to_them()
    {
        var sale = Sale([500, 300], 0, 0, 0, 0, 0);
        var voided = sale with { Lines = [sale.Lines[0], sale.Lines[1] with { Voided = true }, sale.Lines[1] with { LineId = "2" }] };

        Assert.Empty(SaleArithmetic.Check(voided));
        Assert.Empty(SaleArithmetic.Check(sale with { Lines = [] }));
        Assert.Equal([SaleArithmetic.TotalsMismatch, SaleArithmetic.LinesMismatch], SaleArithmetic.Check(sale with { Gross = new Money(900, "USD") }));
    }

    [Fact]
    public void Two_currencies_in_one_sale_are_an_error()
        => Assert.Throws<InvalidOperationException>(() => SaleArithmetic.Check(Sale([1], 0, 0, 0, 0, 0) with { Tax = new Money(0, "EUR") }));

    private static Sale Shifted(Sale sale, int by) => sale with { Gross = sale.Gross + new Money(by, "USD"), Net = sale.Net + new Money(by, "USD"), Total = sale.Total + new Money(by, "USD") };

    private static Sale Sale(int[] lines, int discounts, int tax, int charges, int tips, int rounding)
    {
        static Money Usd(long minor) => new(minor, "USD");
        var gross = lines.Sum(line => (long)line);
        return new Sale
        {
            Ref = new ExternalRef("test", "1"),
            LocationId = "L",
            Kind = SaleKind.Sale,
            Status = SaleStatus.Closed,
            OpenedAt = DateTimeOffset.UnixEpoch,
            ModifiedAt = DateTimeOffset.UnixEpoch,
            BusinessDate = new DateOnly(1970, 1, 1),
            DateSource = BusinessDateSource.Derived,
            Gross = Usd(gross),
            Discounts = Usd(discounts),
            Net = Usd(gross - discounts),
            Tax = Usd(tax),
            TaxIncluded = Usd(0),
            ServiceCharges = Usd(charges),
            Tips = Usd(tips),
            Rounding = Usd(rounding),
            Total = Usd(gross - discounts + tax + charges + tips + (long)rounding),
            Refunded = Usd(0),
            Lines = [.. lines.Select((line, i) => new SaleLine
            {
                LineId = $"{i}",
                Kind = LineKind.Item,
                Name = "",
                Quantity = 1,
                UnitPrice = Usd(line),
                Gross = Usd(line),
                Discount = Usd(0),
                Net = Usd(line),
                Tax = Usd(0),
                TaxIncluded = false,
            })],
        };
    }
}
