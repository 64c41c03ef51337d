using System.Text.Json.Nodes;

namespace Sous.Plugins.Proofs.Feeds;

/// <summary>What came in and went out at one location on one business day.</summary>
internal sealed record DayMoney(int Payments, long PaymentsMinor, long TipsMinor, int Refunds, long RefundsMinor)
{
    public static readonly DayMoney None = new(0, 0, 0, 0, 0);

    /// <summary>Adds up the payments and refunds of sales, by location and day.</summary>
    public static SortedDictionary<string, DayMoney> OfSales(IEnumerable<JsonNode> entries)
    {
        var days = new SortedDictionary<string, DayMoney>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var location = (string)entry["location"]!;
            foreach (var payment in Part(entry, "payments").Where(static payment => (string)payment["status"]! == "completed"))
            {
                var key = $"{location} {(string)payment["businessDate"]!}";
                var day = days.GetValueOrDefault(key, None);
                days[key] = day with { Payments = day.Payments + 1, PaymentsMinor = day.PaymentsMinor + Minor(payment, "amount"), TipsMinor = day.TipsMinor + Minor(payment, "tip") };
            }

            foreach (var refund in Part(entry, "refunds").Where(static refund => (string)refund["status"]! is "completed" or "pending"))
            {
                var key = $"{location} {(string)refund["businessDate"]!}";
                var day = days.GetValueOrDefault(key, None);
                days[key] = day with { Refunds = day.Refunds + 1, RefundsMinor = day.RefundsMinor + Minor(refund, "amount") };
            }
        }

        return days;
    }

    /// <summary>The same as the simulator tells it.</summary>
    /// <param name="ownId">The platform's id of a location.</param>
    public static SortedDictionary<string, DayMoney> OfTruth(JsonNode truth, Func<string, string> ownId)
    {
        var days = new SortedDictionary<string, DayMoney>(StringComparer.Ordinal);
        foreach (var location in truth["locations"]!.AsArray())
        {
            foreach (var day in location!["days"]!.AsArray())
            {
                days[$"{ownId((string)location["location"]!["id"]!)} {(string)day!["day"]!}"] = new DayMoney(
                    (int)day["payments"]!, (long)day["paymentsMinor"]!, (long)day["tipsMinor"]!, (int)day["refunds"]!, (long)day["refundsMinor"]!);
            }
        }

        return days;
    }

    private static IEnumerable<JsonNode> Part(JsonNode entry, string name) => (entry["record"]![name]?.AsArray() ?? []).Select(static part => part!);

    private static long Minor(JsonNode part, string name) => (long)part[name]!["minor"]!;
}
