using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>Whose calls a session makes, and what for. It travels with each request, from the connection's handler to the budget.</summary>
internal sealed record CallLane(ConnectionId Connection, CallPriority Priority)
{
    /// <summary>Set by the host over whatever a driver may have put there.</summary>
    public static readonly HttpRequestOptionsKey<CallLane> Key = new("sous.lane");
}
