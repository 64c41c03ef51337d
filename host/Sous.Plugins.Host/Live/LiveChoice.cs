using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Live;

/// <summary>A connection that a caller may choose.</summary>
internal sealed record LiveChoice(ConnectionId Id, DriverId Driver, string? AccountName);
