using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Sdk.Pos;

/// <summary>
/// The ability to tell a business day's totals by a path of the service that does not go through its sales, so that the day
/// can be tied out.
/// </summary>
public interface IBusinessDayTotals : IDriver
{
    /// <summary>
    /// The totals of one business day of one location. The host asks for each day by itself once it has ended and settled, and again
    /// when its sales change; a service that does not have all of the day yet is said to be so by <see cref="DayTotals.Complete"/>.
    /// </summary>
    /// <param name="location">The location, as discovered; its business day start is the operator's where one was set.</param>
    /// <param name="day">The business day.</param>
    /// <param name="cancellationToken">Honoured within a second.</param>
    /// <exception cref="DriverException">The service could not be asked.</exception>
    ValueTask<DayTotals> ReadDayTotalsAsync(Location location, DateOnly day, CancellationToken cancellationToken);
}
