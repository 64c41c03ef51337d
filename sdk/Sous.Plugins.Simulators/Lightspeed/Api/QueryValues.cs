using System.Globalization;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>Reads parameters and says what is wrong with them.</summary>
internal static class QueryValues
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static int Number(this IQueryCollection query, string name, int otherwise, int lowest, int highest)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= lowest && number <= highest ? number
            : throw LightspeedFault.Invalid($"{name} must be a number from {lowest} to {highest}");
    }

    /// <summary>An instant with its offset, or null where none is named.</summary>
    public static DateTimeOffset? Time(this IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? null
            : (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10) && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time
            : throw LightspeedFault.Invalid($"{name} must be a date in ISO 8601 format");
    }

    public static DateOnly Date(this IQueryCollection query, string name)
        => DateOnly.TryParseExact(query[name].ToString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date
            : throw LightspeedFault.Invalid($"{name} must be a date in the format yyyy-MM-dd");

    /// <summary>The parts of an include, all of them known.</summary>
    public static HashSet<string> Include(this IQueryCollection query)
    {
        HashSet<string> named = [.. query["include"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries)];
        return named.IsSubsetOf(["staff", "table", "consumer", "payments", "revenue_center", "account_profile", "payment_authorization"]) ? named
            : throw LightspeedFault.Invalid("include names something that is not known");
    }
}
