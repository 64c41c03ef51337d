namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>One location of the seeded merchant. Opening minutes count from the business day's midnight and may pass 24 hours.</summary>
internal sealed record Restaurant(
    int Index, string Id, string Name, string ZoneId, string Currency, string Country, string City, bool Active, int Weight, int OpensAt, int ClosesAt)
{
    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(ZoneId);

    /// <summary>Square takes inclusive tax out of gross sales in the US, Canada and Japan, and leaves it in elsewhere.</summary>
    public bool GrossIsNetOfInclusiveTax => Country is "US" or "CA" or "JP";

    public IReadOnlyList<TaxRule> Taxes { get; } = Country switch
    {
        "DE" => [TaxRule.GermanFood, TaxRule.GermanDrinks],
        "JP" => [TaxRule.Japan],
        _ when ZoneId == "America/New_York" => [TaxRule.NewYorkState, TaxRule.NewYorkCity],
        _ when ZoneId == "America/Los_Angeles" => [TaxRule.LosAngeles, TaxRule.BarInclusive, TaxRule.BarLevy],
        _ => [TaxRule.Chicago],
    };

    /// <summary>A US price in cents as this location charges it, in its own smallest unit.</summary>
    public long Price(long cents) => Currency == "JPY" ? cents * 3 / 20 * 10 : cents;

    /// <summary>How the location addresses its guests' tip habit, as a share of bills in percent.</summary>
    public int TipHabit => Country switch { "US" => 80, "DE" => 45, _ => 0 };
}
