using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>Pays what a document owes, or pays it back.</summary>
internal static class PaymentSeeder
{
    public static void Pay(DocumentDraft document, DocumentKind kind, DateTimeOffset at, ref Dice dice)
    {
        var due = DocumentPricer.Due(document);
        if (kind == DocumentKind.SplitPayments)
        {
            document.Payments.Add(new PaymentDraft(Uuid(ref dice), PaymentWay.Visa, due / 2, 0, 0, 0, at.AddSeconds(-20)));
            due -= due / 2;
        }

        var way = kind switch
        {
            DocumentKind.CashPaid or DocumentKind.SplitPayments => PaymentWay.Cash,
            DocumentKind.Surcharge => PaymentWay.Visa,
            _ => dice.Below(100) switch { < 62 => PaymentWay.Visa, < 82 => PaymentWay.Cash, < 92 => PaymentWay.Voucher, _ => PaymentWay.House },
        };
        var tip = way == PaymentWay.Visa && dice.Percent(60) ? Proportion.Of(due, dice.Between(2, 4) * 5, 100) : 0;
        var surcharge = kind == DocumentKind.Surcharge ? Proportion.Of(due, 15, 1_000) : 0;
        Add(document, way, due, tip, surcharge, at, ref dice);
    }

    /// <summary>Pays back the way the first payment was made; the tip too where all of it comes back.</summary>
    public static void PayBack(DocumentDraft document, DocumentDraft original, bool whole, ref Dice dice)
    {
        var first = original.Payments[0];
        var tip = whole ? -original.Payments.Sum(payment => payment.Tip) : 0;
        var surcharge = whole ? -original.Payments.Sum(payment => payment.Surcharge) : 0;
        Add(document, first.Way, DocumentPricer.Due(document), tip, surcharge, document.Closed, ref dice);
    }

    public static string Uuid(ref Dice dice)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach (ref var b in bytes)
        {
            b = (byte)dice.Below(256);
        }

        return Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_');
    }

    private static void Add(DocumentDraft document, PaymentWay way, long due, long tip, long surcharge, DateTimeOffset at, ref Dice dice)
    {
        var step = document.At.CashStep;
        var paid = way == PaymentWay.Cash ? Proportion.Of(due, 1, step) * step : due;
        document.Payments.Add(new PaymentDraft(Uuid(ref dice), way, paid, tip, surcharge, paid - due, at));
    }
}
