namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>The seeded merchant: four locations at work in four zones and three currencies, and one that closed.</summary>
internal static class Restaurants
{
    public const string MerchantId = "MLHILLHARBOR1";
    public const string MerchantName = "Hill & Harbor";

    public static IReadOnlyList<Restaurant> All { get; } =
    [
        new(0, "LHILLNEWYORK1", "Hill & Harbor Hudson", "America/New_York", "USD", "US", "New York", true, 34, Hours(11), Hours(23)),
        new(1, "LAFTERDARKLA2", "Harbor After Dark", "America/Los_Angeles", "USD", "US", "Los Angeles", true, 28, Hours(17), Hours(27) + 30),
        new(2, "LSPREEBERLIN3", "Hügel am Hafen", "Europe/Berlin", "EUR", "DE", "Berlin", true, 20, Hours(11), Hours(24)),
        new(3, "LKOYATOKYO004", "Oka to Minato", "Asia/Tokyo", "JPY", "JP", "Tokyo", true, 14, Hours(11), Hours(22)),
        new(4, "LLAKESIDECHI5", "Hill & Harbor Lakeside", "America/Chicago", "USD", "US", "Chicago", false, 4, Hours(11), Hours(22)),
    ];

    public static Restaurant Main => All[0];

    public static Restaurant? Find(string id) => All.FirstOrDefault(r => r.Id == id);

    private static int Hours(int hours) => hours * 60;
}
