using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Syncing.Queueing;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A run that is wanted.</summary>
/// <param name="Driver">Of which service it is.</param>
/// <param name="Trigger">What started it: schedule, request, connect, settings, webhook, day, backfill.</param>
/// <param name="From">First business day, or null for an incremental run.</param>
/// <param name="Zone">The time zone whose schedule it follows, or null.</param>
internal sealed record RunRequest(TenantId Tenant, DriverId Driver, SyncKey Key, string Trigger, DateOnly? From = null, DateOnly? To = null, string? Zone = null)
{
    /// <summary>The only locations to go through, by the service's ids; null for all.</summary>
    public IReadOnlyCollection<string>? Locations { get; init; }

    /// <summary>When the schedule asked for it; null where something else did.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Of a backfill: whether it is at work only in the sync's quiet hours.</summary>
    public bool OnlyInQuietHours { get; init; }

    /// <summary>Of a backfill: how often it failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Business days that somebody asked for: what is done of them is kept, and it goes on until they are.</summary>
    public bool IsBackfill => From is not null && Trigger is RunTrigger.Request or RunTrigger.Backfill;

    /// <summary>Whether whoever asked for it sees to it himself when it is to be tried again, and it covers not all locations up to the present.</summary>
    public bool IsOthers => IsBackfill || Trigger is RunTrigger.Webhook or RunTrigger.Day;

    /// <summary>Of its calls to the service: however it was started, nobody waits for each of them.</summary>
    public CallPriority CallPriority => IsLong ? CallPriority.Backfill : CallPriority.Incremental;

    public RunPriority Priority => IsLong ? RunPriority.Backfill : Trigger == RunTrigger.Schedule ? RunPriority.Incremental : RunPriority.Live;

    // A connection's first run goes through all that the service keeps.
    private bool IsLong => From is not null || Trigger == RunTrigger.Connect;
}
