using System.Globalization;
using System.Text;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Changes;

/// <summary>A place in the order in which sales of business days are read: to go on after it.</summary>
/// <param name="Location">The service's id of the location.</param>
internal sealed record SalesPosition(ConnectionId Connection, string Location, DateOnly Day, string Id)
{
    /// <summary>As it goes out and comes back; says nothing to whoever holds it.</summary>
    public string Token => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Connection}\n{Location}\n{Day.DayNumber}\n{Id}")));

    /// <returns>Null where it is none of ours.</returns>
    public static SalesPosition? Read(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(token)).Split('\n') is [{ Length: > 0 } connection, var location, var day, var id]
                && int.TryParse(day, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= DateOnly.MaxValue.DayNumber
                    ? new SalesPosition(new ConnectionId(connection), location, DateOnly.FromDayNumber(number), id)
                    : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
