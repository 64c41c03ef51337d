using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using F23.StringSimilarity;

namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>The words of a name or an address, written one way: small letters without accents, what is usually abbreviated abbreviated.</summary>
internal sealed class PlaceWords
{
    private const double LeastAlike = 0.9;
    private const int ShortestAlike = 4;

    private static readonly FrozenDictionary<string, string> s_short = new Dictionary<string, string>
    {
        ["street"] = "st", ["saint"] = "st", ["strasse"] = "str", ["avenue"] = "ave", ["av"] = "ave", ["avenida"] = "ave", ["road"] = "rd",
        ["boulevard"] = "blvd", ["drive"] = "dr", ["lane"] = "ln", ["square"] = "sq", ["place"] = "pl", ["plaza"] = "plz", ["platz"] = "pl",
        ["court"] = "ct", ["highway"] = "hwy", ["parkway"] = "pkwy", ["terrace"] = "ter", ["center"] = "ctr", ["centre"] = "ctr",
        ["north"] = "n", ["south"] = "s", ["east"] = "e", ["west"] = "w", ["suite"] = "ste", ["floor"] = "fl", ["building"] = "bldg",
        ["mount"] = "mt", ["fort"] = "ft", ["number"] = "no",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Letters that Unicode does not take apart into a base and a mark.
    private static readonly FrozenDictionary<char, string> s_letters = new Dictionary<char, string>
    {
        ['ß'] = "ss", ['æ'] = "ae", ['œ'] = "oe", ['ø'] = "o", ['ł'] = "l", ['đ'] = "d", ['ð'] = "d", ['þ'] = "th", ['ı'] = "i", ['&'] = " and ",
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> s_silent = new[] { "the", "and", "of", "at", "restaurant", "llc", "inc", "ltd", "gmbh", "co" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly JaroWinkler s_alike = new();

    private PlaceWords(IReadOnlyList<string> words)
    {
        Words = words;
        Joined = string.Concat(words);
    }

    public IReadOnlyList<string> Words { get; }

    /// <summary>All in one, for names that are written in one word here and in two there.</summary>
    public string Joined { get; }

    /// <summary>The first number that is too short for a postal code.</summary>
    public string? HouseNumber => Words.FirstOrDefault(static word => char.IsDigit(word[0]) && word.Count(char.IsDigit) < 5);

    public static PlaceWords Of(string? text)
    {
        var all = Plain(text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Short).ToList();
        var telling = all.Where(static word => !s_silent.Contains(word)).ToList();
        return new PlaceWords(telling.Count > 0 ? telling : all);
    }

    /// <summary>How much of the words two texts have in common: weight of those in the one that have a like in the other, and the weight of all in each.</summary>
    /// <param name="weightOf">How much a word tells.</param>
    public static (double Common, double First, double Second) Compare(PlaceWords first, PlaceWords second, Func<string, double> weightOf)
    {
        var left = second.Words.ToList();
        var open = new List<string>();
        var common = 0.0;
        foreach (var word in first.Words)
        {
            if (left.Remove(word))
            {
                common += weightOf(word);
            }
            else
            {
                open.Add(word);
            }
        }

        foreach (var word in open)
        {
            var best = left.Where(other => MayBeAlike(word, other)).Select(other => (Word: other, Alike: s_alike.Similarity(word, other)))
                .DefaultIfEmpty().MaxBy(static pair => pair.Alike);
            if (best.Alike >= LeastAlike)
            {
                common += best.Alike * weightOf(word);
                left.Remove(best.Word);
            }
        }

        return (common, first.Words.Sum(weightOf), second.Words.Sum(weightOf));
    }

    // Numbers are right or wrong, and so are words too short for a slip of the pen.
    private static bool MayBeAlike(string word, string other)
        => word.Length >= ShortestAlike && other.Length >= ShortestAlike && word[0] == other[0] && !word.Any(char.IsDigit) && !other.Any(char.IsDigit);

    private static string Short(string word)
        => s_short.GetValueOrDefault(word) ?? (word.EndsWith("strasse", StringComparison.Ordinal) ? word[..^4] : word);

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var sign in text.Normalize(NormalizationForm.FormD).ToLowerInvariant())
        {
            if (s_letters.TryGetValue(sign, out var letters))
            {
                plain.Append(letters);
            }
            else if (char.IsLetterOrDigit(sign))
            {
                plain.Append(sign);
            }
            else if (CharUnicodeInfo.GetUnicodeCategory(sign) != UnicodeCategory.NonSpacingMark && sign is not ('\'' or '’' or '.'))
            {
                plain.Append(' ');
            }
        }

        return plain.ToString();
    }
}
