using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>A business day of a location.</summary>
/// <param name="Location">The service's id of the location.</param>
internal readonly record struct ClosingKey(ConnectionId Connection, string Location, DateOnly Day);
