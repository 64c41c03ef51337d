namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>One item of a restaurant's menu, or an option of a modifier group; name and price can change while the simulator runs.</summary>
internal sealed class MenuItem
{
    public required string Guid { get; init; }

    /// <summary>The same over an owner's restaurants.</summary>
    public required string MultiLocationId { get; init; }

    public required string Name { get; set; }

    /// <summary>With the tax where that is included; null where it is asked at the till or follows from a size.</summary>
    public required long? Price { get; set; }

    public string Strategy { get; init; } = "BASE_PRICE";

    public string Unit { get; init; } = "NONE";

    public string SalesCategory { get; init; } = "Food";

    /// <summary>Positions in the menu's list of modifier groups.</summary>
    public int[] Groups { get; init; } = [];
}

/// <summary>A group of items, perhaps with groups below it.</summary>
internal sealed record MenuGroup(string Guid, string Name, List<MenuItem> Items, List<MenuGroup> Groups);

/// <summary>A group of modifiers; without a maximum any number may be chosen.</summary>
internal sealed record ModifierGroup(string Guid, string Name, int Min, int? Max, List<MenuItem> Options);
