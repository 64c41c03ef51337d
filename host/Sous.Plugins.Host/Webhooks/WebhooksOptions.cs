using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Webhooks;

internal sealed class WebhooksOptions
{
    /// <summary>How many changes polling alone has to find of a service before it is told that its webhooks do not come. Default 20.</summary>
    [Range(1, 1_000_000)]
    public int UntoldChanges { get; set; } = 20;

    /// <summary>
    /// Over how long those changes have to spread, from the first run that found some to the last: a nightly import alone says
    /// nothing of webhooks. Default 6 hours.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "3.00:00:00")]
    public TimeSpan UntoldFor { get; set; } = TimeSpan.FromHours(6);
}

[OptionsValidator]
internal sealed partial class WebhooksOptionsValidator : IValidateOptions<WebhooksOptions>;
