namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>One order, payment or refund as it is served. Times are Unix milliseconds. Changed only under the book's lock.</summary>
internal sealed class StoredRecord
{
    public required string Id { get; init; }

    /// <summary>Position in the table: breaks ties between equal times, and is part of a cursor.</summary>
    public int Ordinal { get; set; }

    public required int Location { get; init; }

    /// <summary>The seeded index, or a live one, that the record can be made from again.</summary>
    public required int Index { get; init; }

    public required long Created { get; init; }

    public required long Updated { get; init; }

    /// <summary>Zero while open.</summary>
    public long Closed { get; init; }

    public required string Status { get; init; }

    /// <summary>Of an order its total less what it takes back; of a payment without the tip.</summary>
    public long Amount { get; init; }

    public long Tip { get; init; }

    public string? OrderId { get; init; }

    /// <summary>An order's version, where it has one.</summary>
    public int? Version { get; init; }

    /// <summary>How a payment was made: CARD, CASH, EXTERNAL, WALLET.</summary>
    public string? SourceType { get; init; }

    public required ReadOnlyMemory<byte> Json { get; init; }

    public long At(TimeField field) => field switch { TimeField.Created => Created, TimeField.Updated => Updated, _ => Closed };
}
