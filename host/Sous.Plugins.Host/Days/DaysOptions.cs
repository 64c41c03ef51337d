using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Days;

internal sealed class DaysOptions
{
    /// <summary>
    /// How long after the end of a business day it is closed: meanwhile tills that were offline report, staff enter the tips of the
    /// evening, and payments appear in the service's listings, which are late. What comes later restates the day. Default 2 hours.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "3.00:00:00")]
    public TimeSpan Settling { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How many days back are closed when a location is new, or was not reached for a while; older ones are left. Default 7.</summary>
    [Range(1, 92)]
    public int LookBack { get; set; } = 7;

    /// <summary>How often a day that does not tie out is synced again by itself. Default 3.</summary>
    [Range(0, 10)]
    public int Resyncs { get; set; } = 3;

    /// <summary>Wait before the second time; the first is at once, and each further wait is four times as long. Default 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan ResyncDelay { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Connections whose days are closed at once, one day after another for each. Default 4.</summary>
    [Range(1, 64)]
    public int MaxConcurrent { get; set; } = 4;

    /// <summary>The wait before the next time, after so many.</summary>
    public TimeSpan DelayAfter(int attempts) => attempts == 0 ? TimeSpan.Zero : ResyncDelay * Math.Pow(4, attempts - 1);
}

[OptionsValidator]
internal sealed partial class DaysOptionsValidator : IValidateOptions<DaysOptions>;
