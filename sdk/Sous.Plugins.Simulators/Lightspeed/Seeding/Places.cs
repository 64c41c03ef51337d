namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>What one login sees: three businesses with five locations in five zones; prices with tax in two currencies, without in the third.</summary>
internal static class Places
{
    public static IReadOnlyList<Business> Businesses { get; } =
    [
        new(71_201, "Casa Lumbre", "EUR"),
        new(71_202, "Foghorn Kitchens", "USD"),
        new(71_203, "Bergluft", "CHF"),
    ];

    public static IReadOnlyList<Place> All { get; } =
    [
        new(0, Businesses[0], "Lavapiés", "ES", "Europe/Madrid", new TimeSpan(5, 30, 0), 34, true, [new(41_910_290_874_301, "IVA10", "IVA 10 %", 100_000)]),
        new(1, Businesses[0], "Vegueta", "ES", "Atlantic/Canary", TimeSpan.FromHours(4), 18, true, [new(41_910_290_874_302, "IGIC7", "IGIC 7 %", 70_000)]),
        new(2, Businesses[1], "Red Hook", "US", "America/New_York", TimeSpan.FromHours(4), 22, false,
            [new(41_910_290_874_303, "NYS", "State tax", 40_000), new(41_910_290_874_304, "NYC", "City tax", 48_750)]),
        new(3, Businesses[1], "Echo Park", "US", "America/Los_Angeles", TimeSpan.FromHours(5), 14, false, [new(41_910_290_874_305, "LA", "Sales tax", 95_000)]),
        new(4, Businesses[2], "Niederdorf", "CH", "Europe/Zurich", TimeSpan.FromHours(6), 12, true, [new(41_910_290_874_306, "MWST81", "MWST 8.1 %", 81_000)]) { CashStep = 5 },
    ];

    public static Place? Find(string id) => All.FirstOrDefault(place => place.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == id);
}
