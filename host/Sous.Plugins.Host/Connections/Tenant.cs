using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Connections;

/// <summary>A tenant as the platform registered it.</summary>
/// <param name="FrozenAt">Since when nothing is done for it, or null.</param>
internal sealed record Tenant(TenantId Id, string? Name, DateTimeOffset CreatedAt, DateTimeOffset? FrozenAt = null)
{
    public static readonly RegistryCollection<Tenant> Collection =
        new("tenants", static tenant => tenant.Id.Value, ConnectionsJson.Default.Tenant);

    public static bool IsFrozen(IRegistryTransaction transaction, TenantId id) => transaction.Find(Collection, id.Value) is { FrozenAt: not null };
}
