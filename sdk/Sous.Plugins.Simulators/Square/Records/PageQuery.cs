namespace Sous.Plugins.Simulators.Square.Records;

/// <summary>One page of a listing. Both ends of the time range are inclusive, in Unix milliseconds.</summary>
internal sealed record PageQuery(
    IReadOnlyList<int> Locations, TimeField Field, bool Descending, long From, long To, Position? After, int Limit, Func<StoredRecord, bool>? Accepts)
{
    /// <summary>A second range on another time, which payments and refunds allow.</summary>
    public (TimeField Field, long From, long To)? Also { get; init; }

    public bool Takes(StoredRecord record) =>
        (Also is not { } also || (record.At(also.Field) >= also.From && record.At(also.Field) <= also.To)) && (Accepts is null || Accepts(record));
}

/// <summary>Where a page ended.</summary>
internal readonly record struct Position(long Time, int Ordinal);
