using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A tenant's data keys. Without them the tenant's credentials and raw records are noise.</summary>
/// <param name="Keys">Oldest first. The last one encrypts; those before it stay until nothing refers to them.</param>
internal sealed record TenantKey(TenantId Tenant, IReadOnlyList<DataKey> Keys)
{
    public static readonly RegistryCollection<TenantKey> Collection = new("tenant_keys", k => k.Tenant.Value, CredentialsJson.Default.TenantKey);

    public DataKey Newest => Keys[^1];
}
