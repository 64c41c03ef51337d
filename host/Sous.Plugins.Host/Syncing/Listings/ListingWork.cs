using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Listings;

/// <summary>Who settles a scope's listings: a run, with its fencing number.</summary>
internal readonly record struct ListingWork(TenantId Tenant, Scope Scope, string Run, long Fence);
