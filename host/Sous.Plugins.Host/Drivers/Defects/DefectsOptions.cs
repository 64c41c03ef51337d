using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>After how many defects a driver is quarantined.</summary>
internal sealed class DefectsOptions
{
    /// <summary>Defects count together when they lie no further apart than this. Default an hour: a sync every quarter of an hour has by then met the same defect several times.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Exceptions on threads of its own after which a driver is quarantined. Default 3: each has left work undone that nobody knows of, and the same timer fails again and again.</summary>
    [Range(1, 1000)]
    public int Unhandled { get; set; } = 3;

    /// <summary>Failed runs and calls after which a driver is quarantined, if they are of several connections. Default 5: two connections that meet a bad hour make fewer.</summary>
    [Range(1, 10_000)]
    public int Failures { get; set; } = 5;

    /// <summary>How many connections must have failed for that. Default 2: what one connection meets may lie in its own data, and is no reason to stop another.</summary>
    [Range(2, 1000)]
    public int Connections { get; set; } = 2;
}

[OptionsValidator]
internal sealed partial class DefectsOptionsValidator : IValidateOptions<DefectsOptions>;
