using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Changes;

/// <summary>Which sales to read.</summary>
/// <param name="Connection">One connection, or null for all of the tenant's.</param>
/// <param name="ExternalLocation">The service's id of a location, or null for all; held ones are among them.</param>
/// <param name="From">First business day, inclusive.</param>
/// <param name="To">Last business day, inclusive.</param>
/// <param name="AsOf">As known at this instant, or null for now.</param>
/// <param name="Match">Which relation of a sale to a day counts.</param>
internal sealed record SalesQuery(TenantId Tenant, ConnectionId? Connection, string? ExternalLocation, DateOnly From, DateOnly To, DateTimeOffset? AsOf, DayMatch Match = DayMatch.Sold)
{
    /// <summary>Only what comes after it, or null for all; with <see cref="DayMatch.Sold"/> alone, by which each sale has one place.</summary>
    public SalesPosition? After { get; init; }
}
