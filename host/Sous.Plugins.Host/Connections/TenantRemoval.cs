using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Connections;

/// <summary>A tenant that is gone for every caller, while what it had is still being withdrawn and destroyed: an intent that outlives restarts.</summary>
internal sealed record TenantRemoval(TenantId Id, DateTimeOffset At)
{
    public static readonly RegistryCollection<TenantRemoval> Collection =
        new("tenant_removals", static removal => removal.Id.Value, ConnectionsJson.Default.TenantRemoval);
}
