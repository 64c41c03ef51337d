namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>One item of the menu, with its variations; name and price can change while the simulator runs.</summary>
internal sealed class MenuItem
{
    public required string Id { get; init; }

    /// <summary>What is sold carries it: a sale keeps the name that it was made with, however the item is renamed.</summary>
    public required string Name { get; init; }

    /// <summary>As it stands in the catalogue.</summary>
    public string NameNow
    {
        get => field ?? Name;
        set;
    }

    public required string CategoryId { get; init; }

    public required TaxClass TaxClass { get; init; }

    public required bool ByWeight { get; init; }

    public required MenuVariation[] Variations { get; init; }

    public required ModifierList[] ModifierLists { get; init; }

    /// <summary>Empty: present at all locations.</summary>
    public required string[] OnlyAt { get; init; }

    /// <summary>The price is asked at the till: Square's VARIABLE_PRICING.</summary>
    public bool AskedPrice { get; init; }

    public bool SoldAt(Restaurant restaurant) => OnlyAt.Length == 0 || OnlyAt.Contains(restaurant.Id);
}

/// <summary>A variation and its US price in cents.</summary>
internal sealed record MenuVariation(string Id, string Name, string Sku, long Cents);

/// <summary>A list of modifiers; a maximum of -1 is Square's "not set".</summary>
internal sealed record ModifierList(string Id, string Name, int Min, int Max, Modifier[] Modifiers);

/// <summary>A modifier and its US price in cents.</summary>
internal sealed record Modifier(string Id, string Name, long Cents);

/// <summary>A category; the parent is null at the top.</summary>
internal sealed record MenuCategory(string Id, string Name, string? ParentId);

/// <summary>A discount of the catalogue: a percentage in millionths, or an amount in US cents.</summary>
internal sealed record MenuDiscount(string Id, string Name, string? Percentage, long Millionths, long Cents);
