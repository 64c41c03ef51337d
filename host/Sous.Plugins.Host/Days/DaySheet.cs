using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days;

/// <summary>
/// Business days as CSV (RFC 4180) for a spreadsheet: amounts as plain numbers in major units, texts quoted. A text that a
/// spreadsheet would run as a formula, such as a location that somebody called <c>=HYPERLINK(…)</c>, begins with an apostrophe.
/// </summary>
internal static class DaySheet
{
    private const string EndOfLine = "\r\n";

    // Also as wide letters, which some spreadsheets take for the same.
    private const string BeginsFormula = "=+-@＝＋－＠";

    /// <summary>The figures by their names in tie-outs and their members in the API.</summary>
    public static IReadOnlyList<(string Name, string Member)> Figures { get; } =
    [
        ("sales", "sales"), ("gross", "gross"), ("discounts", "discounts"), ("net", "net"), ("tax", "tax"), ("tax_included", "taxIncluded"),
        ("service_charges", "serviceCharges"), ("refunded", "refunded"), ("payments", "payments"), ("tips", "tips"), ("refunds", "refunds"),
        ("payment_count", "paymentCount"), ("refund_count", "refundCount"),
    ];

    public static string Write(IEnumerable<JsonObject> days)
    {
        var sheet = new StringBuilder();
        string[] after = ["closed_at", "restated_at", "as_closed", "tie_out", "path", "tied_out_at", "differences", "attempts", "next_attempt", "actor"];
        sheet.AppendJoin(',', (string[])["day", "connection", "external_location", "location", "name", "currency", .. Figures.Select(static figure => figure.Name), .. after]).Append(EndOfLine);
        foreach (var day in days)
        {
            sheet.AppendJoin(',', Row(day)).Append(EndOfLine);
        }

        return sheet.ToString();
    }

    private static IEnumerable<string> Row(JsonObject day)
    {
        var tie = day["tieOut"];
        return
        [
            Text(day["day"]), Text(day["connection"]), Text(day["externalLocation"]), Text(day["location"]), Text(day["name"]), Text(day["net"]?["currency"]),
            .. Figures.Select(figure => Number(day[figure.Member])),
            Text(day["closedAt"]),
            Text(day["restatedAt"]),
            Text(AsClosed(day)),
            tie is null ? "" : (bool?)tie["ties"] == true ? "tied" : DayText.Differs(day) ? "differs" : "nothing_told",
            Text(tie?["source"]), Text(tie?["at"]), Text(tie is null ? null : DayText.Differences(tie)), Number(tie?["attempts"]), Text(tie?["nextAttempt"]), Text(tie?["actor"]),
        ];
    }

    /// <summary>The figures that were others when the day was closed.</summary>
    private static string AsClosed(JsonObject day) => day["asClosed"] is not { } closed ? "" : string.Join(
        ", ", Figures.Where(figure => !JsonNode.DeepEquals(closed[figure.Member], day[figure.Member])).Select(figure => $"{figure.Name} {DayText.Amount(closed[figure.Member])}"));

    private static string Number(JsonNode? value) => value is JsonObject money
        ? Plain(new Money((long?)money["minor"] ?? 0, (string?)money["currency"] ?? ""))
        : value?.ToString() ?? "";

    private static string Plain(Money money) => money.ToMajor().ToString("F" + CurrencyDecimals.Of(money.Currency), CultureInfo.InvariantCulture);

    private static string Text(JsonNode? value)
    {
        var text = string.Concat((value?.ToString() ?? "").Where(static letter => !char.IsControl(letter)));
        var guard = text.TrimStart() is [var first, ..] && BeginsFormula.Contains(first, StringComparison.Ordinal) ? "'" : "";
        return text.Length == 0 ? "" : $"\"{guard}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
