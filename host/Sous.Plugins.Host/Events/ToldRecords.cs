using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Events;

/// <summary>Up to which sequence of its change feed a tenant was told of its records: so that a kill in between tells none twice, and leaves none out.</summary>
internal sealed record ToldRecords(TenantId Tenant, long UpTo)
{
    public static readonly RegistryCollection<ToldRecords> Collection = new("told_records", static told => told.Tenant.Value, EventsJson.Default.ToldRecords);

    /// <summary>The same entries of the feed under their new numbers.</summary>
    public ToldRecords Move(long by) => this with { UpTo = UpTo + by };
}
