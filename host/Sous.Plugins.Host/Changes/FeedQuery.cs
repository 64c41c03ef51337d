using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>Which part of a tenant's change feed to read.</summary>
/// <param name="After">The sequence to read past; 0 for the beginning.</param>
/// <param name="Location">The platform's own id of a location, or null for all.</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="Feed">The epoch that the position is of, or null where the reader does not say.</param>
internal sealed record FeedQuery(TenantId Tenant, long After, StreamName? Stream, string? Location, int Limit, string? Feed = null);
