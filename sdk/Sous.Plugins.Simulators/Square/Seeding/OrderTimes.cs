using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>When seeded orders open: spread evenly over the days, within opening hours on the restaurant's own clock.</summary>
internal sealed class OrderTimes(long now, int days, int orders)
{
    private const long Minute = 60_000;
    private const long Day = 24 * 60 * Minute;
    private readonly DateTime[] _today =
        [.. Restaurants.All.Select(r => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(now), r.Zone).Date)];

    /// <summary>The newest instant that anything seeded may carry.</summary>
    public long Latest => now - Minute;

    public long Open(ref Dice dice, Restaurant at, int index, long toClose)
    {
        var day = (int)((long)index * days / orders);
        var ago = days - 1 - (at.Active ? day : day / 3);
        var span = at.ClosesAt - at.OpensAt;
        var minute = at.OpensAt + ((dice.Below(span) + dice.Below(span)) / 2);
        var local = _today[at.Index].AddDays(-ago).AddMinutes(minute).AddMilliseconds(dice.Below(60_000));
        var opened = ToUnix(at.Zone, local, dice.Percent(50));
        while (opened + toClose > now - (10 * Minute))
        {
            opened -= Day;
        }

        return opened;
    }

    public long Clamp(long instant, long notBefore) => Math.Max(Math.Min(instant, Latest), notBefore);

    private static long ToUnix(TimeZoneInfo zone, DateTime local, bool firstOfTwo)
    {
        // 02:30 does not exist on the day the clocks go forward: the till's clock would show 03:30.
        var real = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        var offset = zone.GetUtcOffset(real);
        if (zone.IsAmbiguousTime(real))
        {
            var offsets = zone.GetAmbiguousTimeOffsets(real);
            offset = firstOfTwo ? offsets.Max() : offsets.Min();
        }

        return new DateTimeOffset(real, offset).ToUnixTimeMilliseconds();
    }
}
