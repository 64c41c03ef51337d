using FsCheck;
using FsCheck.Fluent;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Sdk.Tests.Pos;

public sealed class SaleArithmeticTests
{
    [Cases]
    public Property A_sale_whose_sums_agree_has_no_warning(int[] lines, int discounts, int tax, int charges, int tips, sbyte rounding)
        => (SaleArithmetic.Check(Sale(lines, discounts, tax, charges, tips, rounding)).Count == 0).ToProperty();

    [Cases]
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

    [Cases]
    public Property Lines_may_differ_by_one_unit_each_and_no_more(PositiveInt count, bool up)
    {
        var lines = Enumerable.Repeat(100, (count.Get % 20) + 1).ToArray();
        var sale = Sale(lines, 0, 0, 0, 0, 0);
        Sale Off(int by) => Shifted(sale, up ? by : -by);
        return (SaleArithmetic.Check(Off(lines.Length)).Count == 0
            && SaleArithmetic.Check(Off(lines.Length + 1)).SequenceEqual([SaleArithmetic.LinesMismatch])).ToProperty();
    }

    [Cases]
    public Property What_lines_tell_of_discounts_and_taxes_agrees_with_the_sums_to_a_unit_each(PositiveInt discount, PositiveInt tax, bool ofDiscount, bool up)
    {
        var sale = Sale([1_000_000, 2_000_000], discount.Get + 10, tax.Get + 10, 0, 0, 0) with { Charges = [] };
        Sale Off(int by)
        {
            var wrong = new Money(up ? by : -by, "USD");
            var line = sale.Lines[0];
            return sale with { Lines = [ofDiscount ? line with { Discount = line.Discount + wrong } : line with { Tax = line.Tax + wrong }, sale.Lines[1]] };
        }

        return (SaleArithmetic.Check(Off(2)).Count == 0 && SaleArithmetic.Check(Off(3)).SequenceEqual([SaleArithmetic.LinesMismatch])).ToProperty();
    }

    [Cases]
    public Property Listed_discounts_charges_and_taxes_agree_with_the_sums_and_what_is_not_listed_is_not_held_to_them(PositiveInt amount, byte which, PositiveInt wrong)
    {
        var sale = Sale([1_000_000], amount.Get, amount.Get, amount.Get, 0, 0);
        var by = new Money(wrong.Get + 3, "USD");
        var (off, bare) = (which % 3) switch
        {
            0 => (sale with { AppliedDiscounts = [sale.AppliedDiscounts[0] with { Amount = sale.Discounts + by }] }, sale with { AppliedDiscounts = [] }),
            1 => (sale with { Charges = [sale.Charges[0] with { Amount = sale.ServiceCharges + by }] }, sale with { Charges = [] }),
            _ => (sale with { Taxes = [sale.Taxes[0] with { Amount = sale.Tax + by }] }, sale with { Taxes = [] }),
        };
        return (SaleArithmetic.Check(off).SequenceEqual([SaleArithmetic.PartsMismatch]) && SaleArithmetic.Check(bare).Count == 0).ToProperty();
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
                Discount = Usd(i == 0 ? discounts : 0),
                Net = Usd(i == 0 ? line - (long)discounts : line),
                Tax = Usd(i == 0 ? tax : 0),
                TaxIncluded = false,
            })],
            AppliedDiscounts = [new SaleDiscount { Kind = DiscountKind.Amount, Amount = Usd(discounts) }],
            Charges = [new ServiceCharge { Name = "", Amount = Usd(charges), IsGratuity = false, Tax = Usd(0) }],
            Taxes = [new SaleTax { Name = "", Amount = Usd(tax), Included = false }],
        };
    }
}
