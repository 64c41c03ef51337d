using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Sdk.Pos;

/// <summary>Which sales of a location to fetch: since <see cref="From"/>, or within <see cref="Range"/>.</summary>
public sealed record SalesRequest
{
    /// <summary>The location, as discovered; its business day start is the operator's where one was set.</summary>
    public required Location Location { get; init; }

    /// <summary>Where an earlier call of this scope got to, or null to start.</summary>
    public Checkpoint? From { get; init; }

    /// <summary>
    /// Without a checkpoint: how far back to go. With <see cref="Bounded"/>: exactly this range, by the service's time of change
    /// or, where it offers none, of closing.
    /// </summary>
    public required InstantRange Range { get; init; }

    /// <summary>True to end at the range's end and hand over nothing outside it; false to go on to the present.</summary>
    public bool Bounded { get; init; }

    /// <summary>Wanted size of a page, 1 to 1,000; the driver takes fewer where the service allows fewer.</summary>
    public int PageSize { get; init; } = 500;
}
