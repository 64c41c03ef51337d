using System.Globalization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Changes;

/// <summary>A place in the order in which sales of business days are read: to go on after it.</summary>
/// <param name="Location">The service's id of the location.</param>
internal sealed record SalesPosition(ConnectionId Connection, string Location, DateOnly Day, string Id)
{
    public string Token => PageToken.Of(string.Create(CultureInfo.InvariantCulture, $"{Connection}\n{Location}\n{Day.DayNumber}\n{Id}"));

    /// <param name="place">What a token of ours holds.</param>
    /// <returns>Null where it is none of ours.</returns>
    public static SalesPosition? Read(string place)
        => place.Split('\n') is [{ Length: > 0 } connection, var location, var day, var id]
            && int.TryParse(day, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= DateOnly.MaxValue.DayNumber
                ? new SalesPosition(new ConnectionId(connection), location, DateOnly.FromDayNumber(number), id)
                : null;
}
