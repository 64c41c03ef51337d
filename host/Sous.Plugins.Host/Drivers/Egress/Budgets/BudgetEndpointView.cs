namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>An endpoint that the service asked not to call for now, while the rest of it may be called.</summary>
/// <param name="Path">Seen from the API's address.</param>
/// <param name="ClosedUntil">Until when it asked the whole registration to wait; null where it did not.</param>
/// <param name="ClosedConnections">How many connections it asked to wait.</param>
internal sealed record BudgetEndpointView(string Path, DateTimeOffset? ClosedUntil, int ClosedConnections);
