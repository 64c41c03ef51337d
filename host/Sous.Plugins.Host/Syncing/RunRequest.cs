using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Syncing.Queueing;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A run that is wanted.</summary>
/// <param name="Driver">Of which service it is.</param>
/// <param name="Trigger">What started it: schedule, request, connect, settings, webhook, day.</param>
/// <param name="From">First business day, or null for an incremental run.</param>
/// <param name="Zone">The time zone whose schedule it follows, or null.</param>
internal sealed record RunRequest(TenantId Tenant, DriverId Driver, SyncKey Key, string Trigger, DateOnly? From = null, DateOnly? To = null, string? Zone = null)
{
    /// <summary>The only locations to go through, by the service's ids; null for all.</summary>
    public IReadOnlyCollection<string>? Locations { get; init; }

    /// <summary>Whether whoever asked for it sees to it himself when it is to be tried again, and it may go through some locations only.</summary>
    public bool IsOthers => Trigger is RunTrigger.Webhook or RunTrigger.Day;

    /// <summary>Of its calls to the service: however it was started, nobody waits for each of them.</summary>
    public CallPriority CallPriority => From is not null ? CallPriority.Backfill : CallPriority.Incremental;

    public RunPriority Priority => From is not null ? RunPriority.Backfill : Trigger == RunTrigger.Schedule ? RunPriority.Incremental : RunPriority.Live;
}
