namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>What one partner client can see: restaurants of two owners in five zones and four currencies, one archived, and one that has let nobody in.</summary>
internal static class Restaurants
{
    private static readonly string Kettle = Guids.Of("group", 1);
    private static readonly string Larder = Guids.Of("group", 2);

    public static IReadOnlyList<Restaurant> All { get; } =
    [
        new(0, Kettle, "Copper Kettle", "Back Bay", "America/New_York", "USD", "US", "Boston", 4, 34, TaxRule.Massachusetts),
        new(1, Kettle, "Copper Kettle", "Union Station", "America/Denver", "USD", "US", "Denver", 3, 22, TaxRule.Denver),
        new(2, Kettle, "Copper Kettle", "King West", "America/Toronto", "CAD", "CA", "Toronto", 5, 20, TaxRule.Ontario),
        new(3, Larder, "Liffey Larder", "Temple Bar", "Europe/Dublin", "EUR", "IE", "Dublin", 6, 14, TaxRule.Ireland),
        new(4, Larder, "Liffey Larder", "Bankside", "Europe/London", "GBP", "GB", "London", 4, 8, TaxRule.Britain),
        new(5, Kettle, "Copper Kettle", "Old Pier", "America/New_York", "USD", "US", "Salem", 4, 2, TaxRule.Massachusetts) { Archived = true },
        new(6, Guids.Of("group", 3), "Lone Fork", "Main", "America/Chicago", "USD", "US", "Chicago", 4, 0, TaxRule.Denver) { Connected = false },
    ];

    public static Restaurant? Find(string guid) => All.FirstOrDefault(r => r.Guid.Equals(guid, StringComparison.OrdinalIgnoreCase));
}
