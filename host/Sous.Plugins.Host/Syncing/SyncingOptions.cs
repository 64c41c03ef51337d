using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Syncing;

internal sealed class SyncingOptions
{
    /// <summary>Runs in flight on this host, across all tenants; a host that helps brings as many as are set there. Default 8.</summary>
    [Range(1, 256)]
    public int MaxConcurrentRuns { get; set; } = 8;

    /// <summary>Runs in flight of one service (driver), so that a slow one leaves places to the others. Default three quarters of all, rounded up.</summary>
    [Range(1, 256)]
    public int? MaxRunsPerService { get; set; }

    /// <summary>Runs over business days and first syncs of one tenant in flight, since they take long. Default a quarter of all, rounded up.</summary>
    [Range(1, 256)]
    public int? MaxBackfillsPerTenant { get; set; }

    /// <summary>Longest that one run may take; what it has stored by then stays, and the next run goes on from there. Default an hour.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Longest that a driver may take for one page, the host's own retries and waits included. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PageTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a driver that was told to stop may take to do so. Default 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pages fetched ahead of the one that is being committed. Default 2.</summary>
    [Range(1, 16)]
    public int PagesAhead { get; set; } = 2;

    /// <summary>How far a connection's due instants are moved at most, so that not all come at once. Default 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan MaxJitter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a location that closed is still synced: late payments and refunds come for a while. Default 14 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan AfterClosing { get; set; } = TimeSpan.FromDays(14);

    /// <summary>A complete listing that would delete more of a scope's records than this share is held until an operator decides; 100 holds none. Default 20.</summary>
    [Range(0, 100)]
    public int MaxDeletedPercent { get; set; } = 20;

    /// <summary>Fewer deletes than this are held only where they are all that a scope has, so that a short menu can change. Default 10.</summary>
    [Range(1, 1_000_000)]
    public int HeldDeletesFrom { get; set; } = 10;

    /// <summary>How long runs that are tried again by themselves may fail before the connection says so. Default 2 days.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "366.00:00:00")]
    public TimeSpan WarnAfter { get; set; } = TimeSpan.FromDays(2);

    /// <summary>How long none of a sync's runs may have come through, for what does not pass by waiting, before it is tried but once a day. Default 14 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "366.00:00:00")]
    public TimeSpan PauseAfter { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long after its schedule a scope may be without a whole fetch before it counts as stale: a run and some retries fit in. Default 30 minutes.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan FreshMargin { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long runs are kept; such as completed and changed nothing for a week, if that is less, and the newest hundred of each sync
    /// whatever their age. Default 90 days.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan KeepRuns { get; set; } = TimeSpan.FromDays(90);

    /// <summary>What <see cref="MaxBackfillsPerTenant"/> comes to.</summary>
    public int BackfillsOfTenant => MaxBackfillsPerTenant ?? (MaxConcurrentRuns + 3) / 4;

    /// <summary>What <see cref="MaxRunsPerService"/> comes to.</summary>
    public int PlacesOfService => MaxRunsPerService ?? ((3 * MaxConcurrentRuns) + 3) / 4;
}

[OptionsValidator]
internal sealed partial class SyncingOptionsValidator : IValidateOptions<SyncingOptions>;
