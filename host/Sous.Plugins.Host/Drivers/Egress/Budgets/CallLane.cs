using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>Whose calls a session makes, and what for. It travels with each request, from the connection's handler to the budget.</summary>
/// <param name="Path">What a request calls, seen from the API's address; null where it goes elsewhere, and for no request yet.</param>
internal sealed record CallLane(ConnectionId Connection, CallPriority Priority, string? Path = null)
{
    /// <summary>Set by the host over whatever a driver may have put there.</summary>
    public static readonly HttpRequestOptionsKey<CallLane> Key = new("sous.lane");
}
