using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A tenant's data key, wrapped by the ring. Without it the tenant's credentials and raw records are noise.</summary>
internal sealed record TenantKey(TenantId Tenant, string Wrapped, DateTimeOffset CreatedAt)
{
    public static readonly RegistryCollection<TenantKey> Collection = new("tenant_keys", k => k.Tenant.Value, CredentialsJson.Default.TenantKey);
}
