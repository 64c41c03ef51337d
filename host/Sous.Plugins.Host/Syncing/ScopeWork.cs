using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What a run has to do in one scope.</summary>
/// <param name="Location">The location, with the operator's business day start where one was set; null where the stream is scoped by connection.</param>
/// <param name="Ranges">One for each call of the driver, oldest first; of a backfill newest first.</param>
/// <param name="Bounded">Whether the ranges are all that is asked for; the scope's checkpoint is then left alone.</param>
/// <param name="Currency">Currency of the connection's locations, or null.</param>
internal sealed record ScopeWork(TenantId Tenant, Scope Scope, Location? Location, IReadOnlyList<InstantRange> Ranges, bool Bounded, string? Currency)
{
    /// <summary>Of a backfill: what is left of the ranges, newest first.</summary>
    public IReadOnlyList<BackfillWindow>? Windows { get; init; }

    /// <summary>How many of the ranges earlier runs have done.</summary>
    public int WindowsDone => Windows is null ? 0 : Ranges.Count - Windows.Count;
}
