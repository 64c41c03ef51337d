namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>One item of a location; it can be renamed and archived while the simulator runs.</summary>
internal sealed class MenuItem
{
    public required long Id { get; init; }

    public required string Name { get; set; }

    /// <summary>Null for some, as where nobody gave one.</summary>
    public required string? Sku { get; init; }

    public required AccountingGroup Group { get; init; }

    /// <summary>By name, in the smallest unit, with the tax where that is included; the first is the usual one.</summary>
    public required IReadOnlyList<(string Name, long Amount)> Prices { get; init; }

    public string PriceMode { get; init; } = "AMOUNT";

    public string Type { get; init; } = "ITEM";

    public bool Active { get; set; } = true;

    public bool IsModifier => Type == "SUB_ITEM";
}

/// <summary>What items are reported under.</summary>
internal sealed record AccountingGroup(long Id, string Name, string Code, string Statistics);
