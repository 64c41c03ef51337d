using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <param name="Used">Calls within the last <paramref name="Seconds"/>; null where each connection has its own count.</param>
/// <param name="Path">The calls that it limits: those below a path, seen from the API's address; null for all.</param>
internal sealed record BudgetLimitView(RateLimitScope Of, int Requests, int Seconds, int? Used, string? Path = null);
