using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>One restaurant. Its business day ends at the closeout hour, local time.</summary>
internal sealed record Restaurant(
    int Index, string GroupGuid, string Name, string LocationName, string ZoneId, string Currency, string Country, string City, int CloseoutHour, int Weight, TaxRule Tax)
{
    /// <summary>Gone from Toast, but still to be asked for.</summary>
    public bool Archived { get; init; }

    /// <summary>Whether it has let the simulated client in.</summary>
    public bool Connected { get; init; } = true;

    public string Guid { get; } = Guids.Of("restaurant", Index);

    public TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(ZoneId);

    /// <summary>The business day of an instant, as yyyyMMdd.</summary>
    public int DayOf(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, Zone).DateTime.AddHours(-CloseoutHour);
        return (local.Year * 10_000) + (local.Month * 100) + local.Day;
    }

}
