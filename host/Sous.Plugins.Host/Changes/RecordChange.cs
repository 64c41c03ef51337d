using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>A change as it is stored: encoded, hashed and protected before the commit begins, so that the commit only writes.</summary>
internal readonly record struct RecordChange
{
    public required ChangeKind Kind { get; init; }

    /// <summary>Kind of record: sale, item, category, modifier_group, file. Empty with a delete: it is then the stored record's.</summary>
    public required string Type { get; init; }

    /// <summary>The service's own id of the record.</summary>
    public required string Id { get; init; }

    /// <summary>The service's id of the location that the record belongs to, or null: such a record is never held.</summary>
    public string? Location { get; init; }

    /// <summary>The business day of a sale, or null.</summary>
    public DateOnly? BusinessDate { get; init; }

    /// <summary>Further business days that the record has money on: those of its payments and refunds. Null where there are none, as with most.</summary>
    public IReadOnlyList<DateOnly>? OtherDates { get; init; }

    /// <summary>Canonical JSON, UTF-8: the same record always gives the same bytes. Empty with a delete.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>SHA-256 of the body, its first 16 bytes; equal means unchanged. Empty with a delete.</summary>
    public ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>The service's own JSON, compressed and encrypted under the tenant's data key; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }
}
