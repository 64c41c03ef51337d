namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>What a tax applies to.</summary>
internal enum TaxClass
{
    Any,
    Food,
    Drink,
}
