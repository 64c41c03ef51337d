using System.Globalization;

namespace Sous.Plugins.Sdk;

/// <summary>An amount in a currency's minor unit: 1,234 with USD is $12.34, with JPY ¥1,234. Never a floating-point number.</summary>
/// <param name="Minor">The amount in minor units; negative where the field allows it.</param>
/// <param name="Currency">ISO 4217 code, three capital letters.</param>
public readonly record struct Money(long Minor, string Currency)
{
    /// <summary>Nothing, in a currency.</summary>
    /// <param name="currency">ISO 4217 code.</param>
    public static Money Zero(string currency) => new(0, currency);

    /// <summary>
    /// An amount in major units, rounded half to even where the currency has fewer decimals.
    /// </summary>
    /// <param name="major">The amount: 12.345 with USD becomes 1,234.</param>
    /// <param name="currency">ISO 4217 code.</param>
    /// <param name="remainder">What rounding took away, in minor units, between -0.5 and 0.5; zero where the amount was exact.</param>
    /// <exception cref="OverflowException">The amount does not fit 64 bits.</exception>
    public static Money FromMajor(decimal major, string currency, out decimal remainder)
    {
        var exact = major * Pow10(CurrencyDecimals.Of(currency));
        var rounded = decimal.Round(exact, 0, MidpointRounding.ToEven);
        remainder = exact - rounded;
        return new Money(decimal.ToInt64(rounded), currency);
    }

    /// <summary>The amount in major units, exact.</summary>
    public decimal ToMajor() => Minor / Pow10(CurrencyDecimals.Of(Currency));

    /// <summary>The sum of two amounts.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static Money operator +(Money left, Money right) => new(checked(left.Minor + right.Minor), Same(left, right));

    /// <summary>The difference of two amounts.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The difference does not fit 64 bits.</exception>
    public static Money operator -(Money left, Money right) => new(checked(left.Minor - right.Minor), Same(left, right));

    /// <summary>The amount with its sign turned.</summary>
    public static Money operator -(Money value) => new(checked(-value.Minor), value.Currency);

    /// <summary>The sum of two amounts; the operator's name for other languages.</summary>
    /// <param name="other">The amount to add, in the same currency.</param>
    public Money Add(Money other) => this + other;

    /// <summary>The difference of two amounts; the operator's name for other languages.</summary>
    /// <param name="other">The amount to take away, in the same currency.</param>
    public Money Subtract(Money other) => this - other;

    /// <summary>The amount with its sign turned; the operator's name for other languages.</summary>
    public Money Negate() => -this;

    /// <summary>The amount in major units and its currency, as in <c>12.34 USD</c>.</summary>
    public override string ToString()
    {
        var decimals = CurrencyDecimals.Of(Currency);
        return string.Create(CultureInfo.InvariantCulture, $"{ToMajor().ToString("F" + decimals, CultureInfo.InvariantCulture)} {Currency}");
    }

    private static string Same(Money left, Money right) => left.Currency == right.Currency
        ? left.Currency
        : throw new InvalidOperationException($"{left.Currency} and {right.Currency} cannot be added up.");

    private static decimal Pow10(int exponent) => exponent switch { 0 => 1m, 1 => 10m, 2 => 100m, 3 => 1000m, _ => 10000m };
}
