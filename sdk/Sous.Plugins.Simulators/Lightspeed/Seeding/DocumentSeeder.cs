using System.Globalization;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>Makes accounts and what follows them from the seed: the same index gives the same documents.</summary>
internal sealed class DocumentSeeder(LightspeedSimulatorOptions options, DateTimeOffset now, IReadOnlyList<Menu> menus)
{
    private const int MostFollowing = 4;

    private static readonly DocumentKind[] Kinds = Enum.GetValues<DocumentKind>();
    private static readonly string[] Owners = ["Inés", "Marco", "Priya", "Jonas"];

    /// <summary>The documents of the history's account of that index, oldest first.</summary>
    public List<DocumentDraft> Make(int index)
    {
        var dice = Dice.For(options.Seed, 60, index);
        var at = PlaceOf(dice.Below(Places.All.Sum(place => place.Weight)));
        var kind = index < 3 * Kinds.Length ? Kinds[index % Kinds.Length] : dice.Percent(55) ? DocumentKind.Regular : Kinds[dice.Below(Kinds.Length)];
        var opened = Opened(at, kind, ref dice);
        var closed = kind == DocumentKind.OverDayEnd ? opened.AddMinutes(41) : opened.AddMinutes(dice.Between(20, 100)).AddMilliseconds(dice.Below(60_000));
        return Make(index, kind, at, opened, closed, ref dice);
    }

    /// <summary>A sale that is closed while the simulator runs, or was at a till that is heard of only now.</summary>
    public DocumentDraft MakeLive(int index, DocumentKind kind, Place at, DateTimeOffset closed)
    {
        var dice = Dice.For(options.Seed, 61, index);
        return Make(index, kind, at, closed.AddMinutes(-30), closed, ref dice)[0];
    }

    /// <summary>A refund of a sale, of all of it or of its first line.</summary>
    public DocumentDraft MakeRefund(int index, DocumentDraft original, bool whole, DateTimeOffset at)
    {
        var dice = Dice.For(options.Seed, 62, index);
        return Refund(index, 0, original, whole, at, ref dice);
    }

    private List<DocumentDraft> Make(int index, DocumentKind kind, Place at, DateTimeOffset opened, DateTimeOffset closed, ref Dice dice)
    {
        var type = kind switch { DocumentKind.Voided => "VOID", DocumentKind.Cancelled => "CANCEL", DocumentKind.Transferred => "TRANSFER", _ => "SALE" };
        var first = New(index, 0, type, at, opened, closed, null, ref dice);
        new LineSeeder(menus[at.Index]).Fill(first, kind, ref dice);
        var made = new List<DocumentDraft> { first };
        switch (kind)
        {
            case DocumentKind.Voided:
                first.VoidReason = "Unhappy client";
                first.Lines.ForEach(line => line.VoidReason = first.VoidReason);
                break;
            case DocumentKind.Transferred:
                made.Add(Again(index, 1, first, first.Closed.AddMinutes(9), ref dice));
                break;
            case not DocumentKind.Cancelled:
                PaymentSeeder.Pay(first, kind, kind == DocumentKind.OverDayEnd ? closed.AddSeconds(-5) : closed.AddMilliseconds(-400), ref dice);
                break;
        }

        Follow(made, index, kind, ref dice);
        return made.FindAll(document => document.Closed <= now || document == first);
    }

    // Some minutes later, or two to twelve days.
    private static void Follow(List<DocumentDraft> made, int index, DocumentKind kind, ref Dice dice)
    {
        var soon = made[0].Closed.AddMinutes(dice.Between(3, 30));
        var later = made[0].Closed.AddDays(dice.Between(2, 12)).AddMinutes(dice.Below(120));
        switch (kind)
        {
            case DocumentKind.RefundedSameDay:
                made.Add(Refund(index, 1, made[0], true, soon, ref dice));
                break;
            case DocumentKind.RefundedLater:
                made.Add(Refund(index, 1, made[0], true, later, ref dice));
                break;
            case DocumentKind.RefundedInPart:
                made.Add(Refund(index, 1, made[0], false, later, ref dice));
                break;
            case DocumentKind.Corrected:
                made.Add(Refund(index, 1, made[0], true, soon, ref dice));
                made.Add(Again(index, 2, made[0], soon.AddMinutes(2), ref dice));
                break;
        }
    }

    private static DocumentDraft Refund(int index, int step, DocumentDraft original, bool whole, DateTimeOffset at, ref Dice dice)
    {
        var refund = New(index, step, "REFUND", original.At, at.AddMinutes(-1), at, original, ref dice);
        var lines = whole ? original.Standing : LineSeeder.WithModifiers(original, original.Standing.First());
        LineSeeder.Copy(refund, lines.ToList(), -1);
        PaymentSeeder.PayBack(refund, original, whole, ref dice);
        return refund;
    }

    private static DocumentDraft Again(int index, int step, DocumentDraft original, DateTimeOffset at, ref Dice dice)
    {
        var sale = New(index, step, "SALE", original.At, at.AddMinutes(-1), at, original, ref dice);
        LineSeeder.Copy(sale, original.Standing.ToList(), 1);
        PaymentSeeder.Pay(sale, DocumentKind.Regular, at.AddMilliseconds(-300), ref dice);
        return sale;
    }

    private static DocumentDraft New(int index, int step, string type, Place at, DateTimeOffset opened, DateTimeOffset closed, DocumentDraft? source, ref Dice dice) => new()
    {
        At = at,
        FiscId = string.Create(CultureInfo.InvariantCulture, $"A{65_300 + at.Index}.{(index * MostFollowing) + step + 1}"),
        Reference = PaymentSeeder.Uuid(ref dice),
        Type = type,
        Opened = opened,
        Closed = closed,
        Source = source,
        Table = dice.Between(1, 40),
        Covers = dice.Between(1, 6),
        Owner = Owners[dice.Below(Owners.Length)],
    };

    private static Place PlaceOf(int throwOf)
    {
        foreach (var place in Places.All)
        {
            throwOf -= place.Weight;
            if (throwOf < 0)
            {
                return place;
            }
        }

        return Places.All[0];
    }

    // From eleven in the morning until two at night, so that some belong to the business day before.
    private DateTimeOffset Opened(Place at, DocumentKind kind, ref Dice dice)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, at.Zone).Date).AddDays(-1 - dice.Below(Math.Max(1, options.Days - 1)));
        if (kind == DocumentKind.OverDayEnd)
        {
            // Closed two seconds after the next day began, paid three before.
            return at.StartOf(day).ToUniversalTime().AddMinutes(-41).AddSeconds(2);
        }

        var local = day.ToDateTime(TimeOnly.MinValue).AddMinutes(dice.Between(11 * 60, 26 * 60)).AddMilliseconds(dice.Below(60_000));
        while (at.Zone.IsInvalidTime(local))
        {
            local = local.AddHours(1);
        }

        var opened = new DateTimeOffset(local, at.Zone.GetUtcOffset(local)).ToUniversalTime();
        return opened > now.AddHours(-3) ? now.AddHours(-3).AddMilliseconds(-dice.Below(3_600_000)) : opened;
    }
}
