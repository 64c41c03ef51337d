namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>A business location. Its business day starts at an hour of its own, local time.</summary>
internal sealed record Place(int Index, Business Business, string Name, string Country, string ZoneId, TimeSpan DayStart, int Weight, bool TaxIncluded, IReadOnlyList<TaxRule> Taxes)
{
    /// <summary>What cash is rounded to, in the smallest unit.</summary>
    public int CashStep { get; init; } = 1;

    /// <summary>Beyond 32 bits, as the service's own are.</summary>
    public long Id { get; } = 45_454_565_682_100 + (Index * 11);

    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(ZoneId);

    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, Zone).DateTime - DayStart);

    /// <summary>When a business day starts, with the offset of that moment.</summary>
    public DateTimeOffset StartOf(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue) + DayStart;
        return new DateTimeOffset(local, Zone.GetUtcOffset(local));
    }
}
