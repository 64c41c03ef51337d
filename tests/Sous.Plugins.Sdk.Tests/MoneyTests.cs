using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Sous.Plugins.Sdk.Tests;

public sealed class MoneyTests
{
    private static readonly string[] Currencies = ["JPY", "USD", "KWD", "CLF", "XXX"];

    [Cases]
    public Property Major_units_and_back_lose_nothing(long minor, byte pick)
    {
        var money = new Money(minor, Currencies[pick % Currencies.Length]);

        var again = Money.FromMajor(money.ToMajor(), money.Currency, out var remainder);

        return (again == money && remainder == 0).ToProperty();
    }

    [Cases]
    public Property What_rounding_takes_away_is_told_and_never_more_than_half_a_unit(int whole, ushort thousandths, byte pick)
    {
        var (major, currency) = (whole + (thousandths / 100_000m), Currencies[pick % Currencies.Length]);

        var money = Money.FromMajor(major, currency, out var remainder);

        var unit = new Money(1, currency).ToMajor();
        return (money.ToMajor() + (remainder * unit) == major && Math.Abs(remainder) <= 0.5m).ToProperty();
    }

    [Cases]
    public Property Sums_and_differences_undo_each_other(int a, int b)
    {
        var (left, right) = (new Money(a, "USD"), new Money(b, "USD"));
        return (left + right - right == left && left - right == -(right - left) && left.Add(right).Subtract(right).Negate() == -left).ToProperty();
    }

    [Theory]
    [InlineData(1234, "USD", "12.34 USD")]
    [InlineData(-5, "USD", "-0.05 USD")]
    [InlineData(1234, "JPY", "1234 JPY")]
    [InlineData(1234, "KWD", "1.234 KWD")]
    public void It_is_written_with_its_currencys_decimals_in_every_culture(long minor, string currency, string text)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
        try
        {
            Assert.Equal(text, new Money(minor, currency).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("12.345", 1234, "0.5")]
    [InlineData("12.355", 1236, "-0.5")]
    [InlineData("-12.345", -1234, "-0.5")]
    public void Half_a_unit_goes_to_the_even_one(string major, long minor, string remainder)
    {
        var money = Money.FromMajor(decimal.Parse(major, CultureInfo.InvariantCulture), "USD", out var left);

        Assert.Equal((minor, decimal.Parse(remainder, CultureInfo.InvariantCulture)), (money.Minor, left));
    }

    [Fact]
    public void Two_currencies_do_not_add_up_and_too_much_money_is_an_error()
    {
        Assert.Throws<InvalidOperationException>(() => new Money(1, "USD") + new Money(1, "EUR"));
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue, "USD") + new Money(1, "USD"));
        Assert.Throws<OverflowException>(() => -new Money(long.MinValue, "USD"));
        Assert.Throws<OverflowException>(() => Money.FromMajor(decimal.MaxValue / 1000, "USD", out _));
    }
}
