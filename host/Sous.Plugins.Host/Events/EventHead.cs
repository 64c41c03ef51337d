using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Events;

/// <summary>Where a tenant's log begins and ends. It outlives the tenant, so that a number is never given twice.</summary>
/// <param name="First">The oldest event that is kept; one above <paramref name="Last"/> where none is.</param>
/// <param name="Last">The newest; 0 before the first.</param>
internal sealed record EventHead(TenantId Tenant, long First, long Last)
{
    public static readonly RegistryCollection<EventHead> Collection =
        new("event_heads", static head => head.Tenant.Value, EventsJson.Default.EventHead);

    /// <summary>The log of a restored copy: empty, above every number that was told, since who has read further than the copy knows would miss what comes to stand there.</summary>
    public EventHead BeginAnew(DateTimeOffset now)
    {
        var above = FeedEpoch.Above(Last, now);
        return this with { First = above + 1, Last = above };
    }

    /// <summary>Whether a reader who has seen <paramref name="after"/> misses nothing from here on; 0 stands for the beginning of what is kept.</summary>
    public bool Holds(long after) => after <= Last && (after == 0 || after >= First - 1);
}
