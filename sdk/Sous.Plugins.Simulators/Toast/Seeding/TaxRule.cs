namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>A restaurant's tax. The rate is in millionths; where it is included, menu prices hold it.</summary>
internal sealed record TaxRule(string Guid, string Name, long Millionths, bool Included)
{
    public static readonly TaxRule Massachusetts = new(Guids.Of("tax", 1), "MA Meals", 70_000, false);
    public static readonly TaxRule Denver = new(Guids.Of("tax", 2), "Denver Food", 88_100, false);
    public static readonly TaxRule Ontario = new(Guids.Of("tax", 3), "HST", 130_000, false);
    public static readonly TaxRule Ireland = new(Guids.Of("tax", 4), "VAT 13.5 %", 135_000, true);
    public static readonly TaxRule Britain = new(Guids.Of("tax", 5), "VAT 20 %", 200_000, true);
}
