namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>
/// How well two descriptions fit one place. Name, address and telephone number each speak for it with a weight of their own;
/// what both sides tell and does not agree speaks against it; what one side does not tell is left out.
/// </summary>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Reasons">For and against, a plain sentence each.</param>
internal sealed record PlaceMatch(double Confidence, IReadOnlyList<string> Reasons)
{
    private const int LeastDigits = 7;

    // From here on two texts count as alike, and as the same.
    private const double Alike = 0.6;
    private const double Same = 0.999;

    // What is left of the doubt when that alone agrees fully.
    private const double NameDoubt = 0.25;
    private const double AddressDoubt = 0.2;
    private const double PhoneDoubt = 0.15;
    private const double SettingDoubt = 0.9;

    // What remains of it where that disagrees.
    private const double CreditOfAnotherName = 0.7;
    private const double CreditOfAnotherAddress = 0.5;
    private const double CreditOfAnotherPhone = 0.9;
    private const double CreditOfAnotherSetting = 0.3;

    /// <param name="weightOf">How much a word of a name tells: one that all of a chain's restaurants carry tells little.</param>
    public static PlaceMatch Of(Place one, Place other, Func<string, double> weightOf)
    {
        var tally = new Tally();
        Name(tally, one, other, weightOf);
        Address(tally, one, other);
        Phone(tally, one, other);
        // These two hold for many places at once: alone they are no reason.
        Setting(tally, "time zone", one.Known.TimeZone, other.Known.TimeZone, SameZone);
        Setting(tally, "currency", one.Known.Currency, other.Known.Currency, static (a, b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase));
        return new PlaceMatch(Math.Round((1 - tally.Doubt) * tally.Credit, 2), tally.Reasons);
    }

    private static void Name(Tally tally, Place one, Place other, Func<string, double> weightOf)
    {
        if (one.Name.Words.Count == 0 || other.Name.Words.Count == 0)
        {
            return;
        }

        var (common, first, second) = PlaceWords.Compare(one.Name, other.Name, weightOf);
        var alike = one.Name.Joined == other.Name.Joined ? 1 : 2 * common / (first + second);
        tally.Take(alike, NameDoubt, CreditOfAnotherName, alike switch
        {
            >= Same => $"The name is the same: '{other.Known.Name}'.",
            >= Alike => $"The names are alike: '{one.Known.Name}' and '{other.Known.Name}'.",
            _ => $"The names differ: '{one.Known.Name}' and '{other.Known.Name}'.",
        });
    }

    private static void Address(Tally tally, Place one, Place other)
    {
        if (one.Address.Words.Count < 2 || other.Address.Words.Count < 2)
        {
            return;
        }

        // One side often has the street alone: it is enough that the shorter one lies within the longer.
        var (common, first, second) = PlaceWords.Compare(one.Address, other.Address, static _ => 1);
        var numbersDiffer = (one.Address.HouseNumber, other.Address.HouseNumber) is ({ } a, { } b) && !other.Address.Words.Contains(a) && !one.Address.Words.Contains(b);
        var alike = numbersDiffer ? 0 : common / Math.Min(first, second);
        tally.Take(alike, AddressDoubt, CreditOfAnotherAddress, alike switch
        {
            >= Same => "The address is the same.",
            >= Alike => $"The addresses are alike: '{one.Known.Address}' and '{other.Known.Address}'.",
            _ => $"The addresses differ: '{one.Known.Address}' and '{other.Known.Address}'.",
        });
    }

    private static void Phone(Tally tally, Place one, Place other)
    {
        if (one.Phone.Length < LeastDigits || other.Phone.Length < LeastDigits)
        {
            return;
        }

        // With a country's code or without, the end is the same.
        var same = one.Phone.EndsWith(other.Phone, StringComparison.Ordinal) || other.Phone.EndsWith(one.Phone, StringComparison.Ordinal);
        tally.Take(same ? 1 : 0, PhoneDoubt, CreditOfAnotherPhone, same ? "The telephone number is the same." : "The telephone numbers differ.");
    }

    private static void Setting(Tally tally, string what, string? one, string? other, Func<string, string, bool> isSame)
    {
        if (one is not { Length: > 0 } || other is not { Length: > 0 })
        {
            return;
        }

        var same = isSame(one, other);
        tally.Reasons.Add(same ? $"The {what} is the same: {other}." : $"The {what} differs: {one} and {other}.");
        tally.Doubt *= same && tally.HasGround ? SettingDoubt : 1;
        tally.Credit *= same ? 1 : CreditOfAnotherSetting;
    }

    private static bool SameZone(string one, string other)
        => string.Equals(one, other, StringComparison.OrdinalIgnoreCase)
            || (TimeZoneInfo.TryFindSystemTimeZoneById(one, out var a) && TimeZoneInfo.TryFindSystemTimeZoneById(other, out var b) && a.HasSameRules(b));

    private sealed class Tally
    {
        public List<string> Reasons { get; } = [];

        public double Doubt { get; set; } = 1;

        public double Credit { get; set; } = 1;

        public bool HasGround { get; private set; }

        public void Take(double alike, double doubt, double creditWhereNot, string reason)
        {
            Reasons.Add(reason);
            if (alike >= Alike)
            {
                // From just alike to the same it goes from two fifths of the weight to all of it.
                var strength = 0.4 + (0.6 * (alike - Alike) / (1 - Alike));
                HasGround = true;
                Doubt *= 1 - ((1 - doubt) * strength);
            }
            else
            {
                Credit *= creditWhereNot;
            }
        }
    }
}
