using FsCheck;
using FsCheck.Fluent;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>Makes orders, and smaller ones of an order that was found wrong.</summary>
internal static class ToastPlans
{
    public static readonly string[] PaymentStates = ["CAPTURED", "OPEN", "PROCESSING", "AUTHORIZED", "VOIDED", "CANCELLED", "DENIED", "ERROR"];

    /// <summary>Orders of every kind, in currencies of 0, 2, 3 and 4 decimals.</summary>
    public static Arbitrary<ToastPlan> All { get; } = Arb.From(Plan(false), Smaller);

    /// <summary>Orders with a check that stands and in it a line that stands, so that what they say can be held to it.</summary>
    public static Arbitrary<ToastPlan> Standing { get; } = Arb.From(Plan(true), plan => Smaller(plan).Where(small => small.Standing.Any() && small.Standing.All(check => check.Sold.Any())));

    private static Gen<ToastLinePlan> Line { get; } =
        from quantity in SquarePlans.Quantity
        from type in SquarePlans.Word("NONE", "OPEN_ITEM", "SPECIAL_REQUEST", "TOAST_CARD_SELL", "PORTION")
        from voided in Gen.Choose(0, 5)
        from gross in SquarePlans.Amount
        from discounts in SquarePlans.List(SquarePlans.Amount, 0, 2)
        from shared in Gen.OneOf(Gen.Constant(0L), SquarePlans.Amount)
        from taxes in SquarePlans.List(SquarePlans.Amount, 0, 2)
        select new ToastLinePlan(quantity, type, voided == 0, gross, discounts, shared, taxes);

    private static Gen<ToastChargePlan> Charge { get; } =
        from gratuity in Gen.Elements(true, false)
        from amount in SquarePlans.Amount
        from taxes in SquarePlans.List(SquarePlans.Amount, 0, 2)
        select new ToastChargePlan(gratuity, amount, taxes);

    private static Gen<ToastPaymentPlan> Payment { get; } =
        from type in SquarePlans.Word("CREDIT", "CASH", "GIFTCARD", "OTHER", "LEVELUP")
        from status in Gen.OneOf(Gen.Constant((string?)null), SquarePlans.Word(PaymentStates).Select(word => (string?)word))
        from amount in SquarePlans.Amount
        from tip in SquarePlans.Amount
        from refund in Gen.OneOf(Gen.Constant(((long, long, string?)?)null), Refund)
        select new ToastPaymentPlan(type, status, amount, tip, refund);

    private static Gen<(long, long, string?)?> Refund { get; } =
        from amount in SquarePlans.Amount
        from tip in SquarePlans.Amount
        from word in SquarePlans.Word("NONE", "PARTIAL", "FULL")
        select ((long, long, string?)?)(amount, tip, word);

    private static Gen<ToastCheckPlan> Check(bool stands) =>
        from status in SquarePlans.Word("OPEN", "PAID", "CLOSED")
        from fate in Gen.Choose(0, stands ? 0 : 5)
        from inTotal in Gen.Elements(true, false)
        from rounding in Gen.Choose(-4, 4)
        from lines in SquarePlans.List(Line, 0, 4)
        from first in Line
        from charges in SquarePlans.List(Charge, 0, 2)
        from payments in SquarePlans.List(Payment, 0, 2)
        select new ToastCheckPlan(status, fate == 1, fate == 2, inTotal, rounding, stands ? [first with { Voided = false }, .. lines] : lines, charges, payments);

    private static Gen<ToastPlan> Plan(bool stands) =>
        from currency in Gen.Elements("USD", "EUR", "JPY", "KWD", "CLF")
        from noise in Gen.Elements(true, false)
        from voided in Gen.Choose(0, stands ? 0 : 9)
        from checks in SquarePlans.List(Check(stands), 1, 3)
        select new ToastPlan(currency, noise, voided == 1, checks);

    private static IEnumerable<ToastPlan> Smaller(ToastPlan plan) =>
    [
        .. plan.Noise ? [plan with { Noise = false }] : Array.Empty<ToastPlan>(),
        .. SquarePlans.Without(plan.Checks).Where(checks => checks.Count > 0).Select(checks => plan with { Checks = checks }),
        .. plan.Checks.SelectMany((check, i) => Smaller(check).Select(small => plan with { Checks = [.. plan.Checks.Take(i), small, .. plan.Checks.Skip(i + 1)] })),
    ];

    private static IEnumerable<ToastCheckPlan> Smaller(ToastCheckPlan check) =>
    [
        .. SquarePlans.Without(check.Lines).Select(lines => check with { Lines = lines }),
        .. SquarePlans.Without(check.Charges).Select(charges => check with { Charges = charges }),
        .. SquarePlans.Without(check.Payments).Select(payments => check with { Payments = payments }),
        .. check.Rounding == 0 ? Array.Empty<ToastCheckPlan>() : [check with { Rounding = 0 }],
    ];
}
