using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Business days to sync, inclusive, as the API reads them. One of them alone means that one day.</summary>
/// <param name="OnlyInQuietHours">Whether they are fetched only in the sync's quiet hours.</param>
internal sealed record RunRange(DateOnly? From, DateOnly? To, bool OnlyInQuietHours = false)
{
    private const int MostDays = 3_660;

    /// <returns>What is wrong with it; empty when nothing is.</returns>
    public (string Field, string Message)[] Check(Sync sync, DateTimeOffset now) => this switch
    {
        { OnlyInQuietHours: true, From: null, To: null } => [("onlyInQuietHours", "Only a range of business days can be kept to quiet hours.")],
        { OnlyInQuietHours: true } when sync.QuietHours is not { } hours || hours.From == hours.To => [("onlyInQuietHours", "The sync has no quiet hours: set them first.")],
        { From: null, To: null } => [],
        _ when sync.Stream != StreamName.Sales => [("from", "Only sales can be asked for by business days.")],
        { From: { } from, To: { } to } when from > to => [("from", $"The first day, {from:yyyy-MM-dd}, is after the last, {to:yyyy-MM-dd}.")],
        { From: { } from, To: { } to } when to.DayNumber - from.DayNumber >= MostDays => [("to", $"At most {MostDays} days can be asked for at once.")],
        { To: { } to } when IsAhead(to, now) => [("to", $"The last day, {to:yyyy-MM-dd}, has not begun anywhere.")],
        { From: { } from } when IsAhead(from, now) => [("from", $"The first day, {from:yyyy-MM-dd}, has not begun anywhere.")],
        { From: var from } when now.AddDays(-MostDays) > (from ?? To ?? default).ToDateTime(default, DateTimeKind.Utc)
            => [(from is null ? "to" : "from", $"The first day, {from ?? To:yyyy-MM-dd}, is more than {MostDays} days ago: all that has changed since would be fetched with it.")],
        _ => [],
    };

    // In the zone that is first in each day, 14 hours before UTC.
    private static bool IsAhead(DateOnly day, DateTimeOffset now) => day > DateOnly.FromDateTime(now.UtcDateTime.AddHours(14));
}
