namespace Sous.Plugins.Sdk.Manifests;

/// <summary>One stream that a driver offers.</summary>
public sealed record StreamManifest
{
    /// <summary>The stream's name: <c>sales</c>, <c>catalog</c> or <c>files</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What its checkpoint is kept for.</summary>
    public required StreamScope Scope { get; init; }

    /// <summary>Cron expression, 5 or 6 fields, that a new connection's sync starts with.</summary>
    public required string Schedule { get; init; }

    /// <summary>Most records in a page, 1 to 1,000.</summary>
    public int PageLimit { get; init => field = value == 0 ? 500 : value; } = 500;

    /// <summary>How many days the first sync goes back, 1 to 3,650.</summary>
    public int BackfillDays { get; init => field = value == 0 ? 90 : value; } = 90;

    /// <summary>Longest range that one call may ask for, in days, or null for any.</summary>
    public int? WindowDays { get; init; }
}
