using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days;

/// <summary>A business day of the API in words.</summary>
internal static class DayText
{
    /// <summary>Whether a ✗ stands on the day: it was laid beside the service's totals and differs.</summary>
    public static bool Differs(JsonObject day) => day["tieOut"] is { } tie && (bool?)tie["ties"] != true && Wrong(tie).Any();

    /// <summary>Money with its currency, or a number; empty where there is none.</summary>
    public static string Amount(JsonNode? value) => value switch
    {
        null => "",
        JsonObject money => Amount((long?)money["minor"] ?? 0, (string?)money["currency"]),
        _ => value.ToString(),
    };

    /// <param name="currency">Null for a number.</param>
    public static string Amount(long value, string? currency) => currency is null ? value.ToString(CultureInfo.InvariantCulture) : new Money(value, currency).ToString();

    /// <summary>The tie-out in a cell.</summary>
    public static string TieOut(JsonObject day)
    {
        var restated = (bool?)day["restated"] == true ? ", restated" : "";
        return day["tieOut"] switch
        {
            null => day["closedAt"] is null ? "not closed" : $"to be tied out again{restated}",
            { } tie when (bool?)tie["ties"] == true => $"✓ {(string?)tie["source"]}{restated}",
            { } tie when Differs(day) => $"✗ {Differences(tie)}; {Next(tie)}{restated}",
            { } tie => $"– {(string?)tie["source"]} told nothing{restated}",
        };
    }

    /// <summary>All that is known of its closing, in one line.</summary>
    public static string Standing(JsonObject day)
    {
        if (day["closedAt"] is null)
        {
            return "The day is not closed.";
        }

        var restated = day["restatedAt"] is { } at ? $" Restated {at}." : "";
        return day["tieOut"] is { } tie
            ? $"Closed {day["closedAt"]}.{restated} Tied out {tie["at"]} with {(string?)tie["source"]}: {TieOut(day)}."
            : $"Closed {day["closedAt"]}.{restated}";
    }

    /// <summary>The figures that differ, ours without the service's.</summary>
    public static string Differences(JsonNode tie)
        => string.Join(", ", Wrong(tie).Select(static figure => $"{(string?)figure["name"]} {Amount((long?)figure["difference"] ?? 0, (string?)figure["ourCurrency"])}"));

    private static string Next(JsonNode tie) => (tie["nextAttempt"], (string?)tie["actor"]) switch
    {
        ({ } at, _) => $"synced again {at}",
        (null, { } actor) => $"the {actor.Replace('_', ' ')} must look",
        _ => "",
    };

    private static IEnumerable<JsonNode> Wrong(JsonNode tie) => (tie["figures"]?.AsArray() ?? []).OfType<JsonNode>().Where(static figure => (bool?)figure["ties"] != true);
}
