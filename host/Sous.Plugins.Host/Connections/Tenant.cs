using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Connections;

/// <summary>A tenant as the platform registered it.</summary>
internal sealed record Tenant(TenantId Id, string? Name, DateTimeOffset CreatedAt)
{
    public static readonly RegistryCollection<Tenant> Collection =
        new("tenants", static tenant => tenant.Id.Value, ConnectionsJson.Default.Tenant);
}
