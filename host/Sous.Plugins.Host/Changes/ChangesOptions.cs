using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Changes;

internal sealed class ChangesOptions
{
    /// <summary>
    /// How long an earlier version of a record is kept once there is a newer one, and so how far back one can read what was known;
    /// deletes in the feed are kept for at least as long. Default 400 days: a business year, and a month to close its books.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(400);
}

[OptionsValidator]
internal sealed partial class ChangesOptionsValidator : IValidateOptions<ChangesOptions>;
