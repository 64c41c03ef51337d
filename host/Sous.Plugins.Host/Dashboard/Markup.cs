using System.Globalization;
using System.Text;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>What services and drivers wrote, and instants, as they stand on a page.</summary>
internal static class Markup
{
    private const int LongestName = 120;
    private const int LongestSentence = 400;

    /// <summary>A name, apart from the direction of the text around it. What does not fit the line is cut by the style; what is no name any more, here.</summary>
    public static Html Name(string name, int most = LongestName) => Html.Of($"<bdi class=\"name\">{Cut(name, most)}</bdi>");

    /// <summary>A name within plain text: between the signs that keep its direction to itself.</summary>
    public static string Isolated(string name) => $"\u2068{Cut(name, LongestName)}\u2069";

    /// <summary>A sentence that holds others' words.</summary>
    public static Html Sentence(string text, int most = LongestSentence) => Html.Of($"<bdi>{Cut(text, most)}</bdi>");

    /// <summary>Near ones by how far they are, others by their date; which it is exactly stands in the title.</summary>
    public static Html Time(DateTimeOffset at, DateTimeOffset now)
    {
        var exact = at.UtcDateTime.ToString("d MMM yyyy, HH:mm", CultureInfo.InvariantCulture) + " UTC";
        var away = (at - now).Duration();
        var words = away >= TimeSpan.FromDays(2) ? exact
            : away < TimeSpan.FromMinutes(1) ? (at > now ? "in a moment" : "just now")
            : at > now ? $"in {Span(away)}" : $"{Span(away)} ago";
        return Html.Of($"<time datetime=\"{at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\" title=\"{exact}\">{words}</time>");
    }

    public static string Day(DateOnly day) => day.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>A form that is one button.</summary>
    public static Html Button(string action, string word, bool quiet = false)
        => Html.Of($"<form method=\"post\" action=\"{action}\"><button{(quiet ? Html.Of($" class=\"quiet\"") : default)}>{word}</button></form>");

    public static string Count(long count, string one, string many)
        => count == 1 ? $"1 {one}" : string.Create(CultureInfo.InvariantCulture, $"{count:N0} {many}");

    private static string Span(TimeSpan span) => span < TimeSpan.FromHours(1) ? Count((long)span.TotalMinutes, "minute", "minutes")
        : Count((long)span.TotalHours, "hour", "hours");

    // Between whole signs: half of one is none.
    private static string Cut(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (end + rune.Utf16SequenceLength > most)
            {
                break;
            }

            end += rune.Utf16SequenceLength;
        }

        return text[..end] + "…";
    }
}
