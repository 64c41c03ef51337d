namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>A tax of the catalogue. The rate is in millionths, so 8.875 % is 88,750.</summary>
internal sealed record TaxRule(string Id, string Name, string Percentage, long Millionths, bool Inclusive, TaxClass AppliesTo)
{
    public static readonly TaxRule NewYorkState = new("TAXNEWYORKSTATE000000001", "NY State Sales Tax", "4.375", 43_750, false, TaxClass.Any);
    public static readonly TaxRule NewYorkCity = new("TAXNEWYORKCITY0000000008", "NYC Sales Tax", "4.5", 45_000, false, TaxClass.Any);
    public static readonly TaxRule LosAngeles = new("TAXLOSANGELESSALES000002", "LA Sales Tax", "9.5", 95_000, false, TaxClass.Food);
    public static readonly TaxRule BarInclusive = new("TAXLABARINCLUDED00000003", "Bar tax (included)", "9.5", 95_000, true, TaxClass.Drink);
    public static readonly TaxRule BarLevy = new("TAXLABARLEVY000000000009", "Bar levy", "1.5", 15_000, false, TaxClass.Drink);
    public static readonly TaxRule Chicago = new("TAXCHICAGORESTAURANT0004", "Chicago Restaurant Tax", "10.75", 107_500, false, TaxClass.Any);
    public static readonly TaxRule GermanFood = new("TAXUMSATZSTEUER7PROZENT5", "USt 7 %", "7", 70_000, true, TaxClass.Food);
    public static readonly TaxRule GermanDrinks = new("TAXUMSATZSTEUER19PROZEN6", "USt 19 %", "19", 190_000, true, TaxClass.Drink);
    public static readonly TaxRule Japan = new("TAXSHOHIZEI1000000000007", "Shōhizei 10 %", "10", 100_000, true, TaxClass.Any);

    public static IReadOnlyList<TaxRule> All { get; } = [NewYorkState, NewYorkCity, LosAngeles, BarInclusive, BarLevy, Chicago, GermanFood, GermanDrinks, Japan];

    public bool Covers(TaxClass taxClass) => AppliesTo == TaxClass.Any || AppliesTo == taxClass;
}
