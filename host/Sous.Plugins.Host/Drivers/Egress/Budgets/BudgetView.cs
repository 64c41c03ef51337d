using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>How much of what a service allows is used, as the API shows it.</summary>
/// <param name="Limits">What is kept to beforehand; none where neither manifest nor operator names any.</param>
/// <param name="Limited">Whom a wait that the service asks for holds up, where it does not say that it is of one endpoint.</param>
/// <param name="Waiting">Calls that wait for their turn.</param>
/// <param name="ClosedUntil">Until when the service asked the whole registration to wait with all calls.</param>
/// <param name="ClosedConnections">How many connections it asked to wait with all calls.</param>
/// <param name="Connections">How many are kept in mind: those that called lately, wait, or were asked to.</param>
/// <param name="ClosedEndpoints">Those that it asked to wait with alone.</param>
internal sealed record BudgetView(IReadOnlyList<BudgetLimitView> Limits, RateLimitScope Limited, int Waiting, DateTimeOffset? ClosedUntil, int ClosedConnections, int Connections, IReadOnlyList<BudgetEndpointView> ClosedEndpoints);
