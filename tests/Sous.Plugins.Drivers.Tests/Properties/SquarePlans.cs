using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>Makes orders, and smaller ones of an order that was found wrong.</summary>
internal static class SquarePlans
{
    public static readonly string[] States = ["OPEN", "COMPLETED", "CANCELED", "DRAFT"];
    public static readonly string[] PaymentStates = ["APPROVED", "PENDING", "COMPLETED", "CANCELED", "FAILED"];
    public static readonly string[] RefundStates = ["PENDING", "COMPLETED", "REJECTED", "FAILED"];
    public static readonly string[] Sources = ["CARD", "CASH", "EXTERNAL", "WALLET", "BANK_ACCOUNT", "SQUARE_ACCOUNT", "BUY_NOW_PAY_LATER"];

    /// <summary>Orders of every kind, in currencies of 0, 2, 3 and 4 decimals.</summary>
    public static Arbitrary<SquarePlan> All { get; } = Arb.From(Plan(0), Smaller);

    /// <summary>Orders that have a line, so that all that they say can be held to it.</summary>
    public static Arbitrary<SquarePlan> WithLines { get; } = Arb.From(Plan(1), plan => Smaller(plan).Where(small => small.Sold.Lines.Count > 0));

    /// <summary>Words, some of them no one's.</summary>
    public static Gen<string> Word(params string[] known) => Gen.OneOf(Gen.Elements(known), Gen.Elements(Strange));

    private static readonly string[] Strange = ["", "SIMMERING", "completed", "ÜBER", "\u0000", "🍲", "A word that is longer than sixty-four letters, as no word of Square's has been so far"];

    public static Gen<long> Amount { get; } = Gen.OneOf(Gen.Choose(0, 5).Select(a => (long)a), Gen.Choose(0, 99_999).Select(a => (long)a), Gen.Choose(1, 2_000_000).Select(a => a * 1_000L));

    public static Gen<string> Quantity { get; } =
        from units in Gen.OneOf(Gen.Choose(-3, 12), Gen.Choose(-1_000_000, 1_000_000_000))
        from scale in Gen.Choose(0, 5)
        from zeros in Gen.Elements("", "0", "00")
        let text = new decimal(Math.Abs(units), 0, 0, units < 0, (byte)scale).ToString(CultureInfo.InvariantCulture)
        select text.Contains('.', StringComparison.Ordinal) ? text + zeros : text;

    private static Gen<SquareLinePlan> Line { get; } =
        from quantity in Quantity
        from type in Word("ITEM", "CUSTOM_AMOUNT", "GIFT_CARD")
        from price in Amount
        from full in Amount
        from modifiers in List(Amount, 0, 2)
        from shares in List(Amount, 0, 3)
        from taxes in List(Amount, 0, 3)
        select new SquareLinePlan(quantity, type, price, full, modifiers, shares, taxes);

    private static Gen<SquareChargePlan> Charge { get; } =
        from type in Word("AUTO_GRATUITY", "CUSTOM")
        from applied in Amount
        from taxes in List(Amount, 0, 3)
        select new SquareChargePlan(type, applied, taxes);

    private static Gen<SquareTenderPlan> Tender { get; } =
        from amount in Amount
        from tip in Amount
        from fee in Gen.OneOf(Gen.Constant((long?)null), Amount.Select(fee => (long?)fee))
        from source in Word(Sources)
        from status in Word(PaymentStates)
        from refund in Gen.OneOf(Gen.Constant(((long, string)?)null), from back in Amount from word in Word(RefundStates) select ((long, string)?)(back, word))
        select new SquareTenderPlan(amount, tip, fee, source, status, refund);

    private static Gen<SquarePlan> Plan(int leastLines) =>
        from currency in Gen.Elements("USD", "EUR", "JPY", "KWD", "CLF")
        from country in Gen.Elements("US", "CA", "JP", "DE", "AU", "GB", null)
        from state in Word(States)
        from sold in Side(leastLines)
        from back in List(Side(1), 0, 2)
        from tenders in List(Tender, 0, 3)
        // An order that only takes back has sold for nothing; where it says otherwise it is to be warned of.
        select new SquarePlan(currency, country, state, back.Count == 0 ? sold : sold with { Amount = 0 }, back, tenders);

    private static Gen<SquareSide> Side(int leastLines) =>
        from lines in List(Line, leastLines, 4)
        from charges in List(Charge, 0, 2)
        from taxes in List(Gen.Elements(true, false), 0, 3)
        from discounts in List(Gen.Elements(true, false), 0, 3)
        from tip in Amount
        from rounding in Gen.Choose(-5, 5)
        from amount in Amount
        select new SquareSide(lines, lines.Count == 0 ? [] : charges, taxes, discounts, tip, rounding, amount);

    public static Gen<IReadOnlyList<T>> List<T>(Gen<T> of, int least, int most) =>
        Gen.Choose(least, most).SelectMany(count => of.ListOf(count)).Select(list => (IReadOnlyList<T>)[.. list]);

    private static IEnumerable<SquarePlan> Smaller(SquarePlan plan) =>
    [
        .. Without(plan.Back).Select(back => plan with { Back = back }),
        .. Without(plan.Tenders).Select(tenders => plan with { Tenders = tenders }),
        .. Smaller(plan.Sold).Select(sold => plan with { Sold = sold }),
        .. plan.Back.SelectMany((side, i) => Smaller(side).Where(small => small.Lines.Count > 0).Select(small => plan with { Back = [.. plan.Back.Take(i), small, .. plan.Back.Skip(i + 1)] })),
    ];

    private static IEnumerable<SquareSide> Smaller(SquareSide side) =>
    [
        .. Without(side.Lines).Select(lines => side with { Lines = lines, Charges = lines.Count == 0 ? [] : side.Charges, Amount = 0 }),
        .. Without(side.Charges).Select(charges => side with { Charges = charges }),
        .. Without(side.Taxes).Select(taxes => side with { Taxes = taxes }),
        .. Without(side.Discounts).Select(discounts => side with { Discounts = discounts }),
        .. side.Tip == 0 ? Array.Empty<SquareSide>() : [side with { Tip = 0 }],
        .. side.Rounding == 0 ? Array.Empty<SquareSide>() : [side with { Rounding = 0 }],
    ];

    public static IEnumerable<IReadOnlyList<T>> Without<T>(IReadOnlyList<T> list) => list.Select((_, i) => (IReadOnlyList<T>)[.. list.Take(i), .. list.Skip(i + 1)]);
}
