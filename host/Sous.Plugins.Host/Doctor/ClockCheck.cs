using System.Globalization;
using Sous.Plugins.Host.Audit;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Whether the clock is behind what was written by it before, and whether time zones are known.</summary>
internal sealed class ClockCheck(TimeProvider clock, StoredRegistry stored) : ICheck
{
    private const string AnyZone = "America/New_York";

    private static readonly TimeSpan s_tolerated = TimeSpan.FromMinutes(2);

    public static string Name => "clock";

    public static string Remedy => "Set the clock, and have it kept by NTP: keys, tokens, signatures and schedules go by it.";

    public async ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(AnyZone, out _))
        {
            return [Diagnosis.Failed(Name, $"This machine has no time zones ({AnyZone} is unknown): schedules and business days need them.", "Install the package tzdata.")];
        }

        var now = clock.GetUtcNow();
        var newest = stored() is { } registry ? await registry.FindLastAsync(cancellationToken) : null;
        return
        [
            newest?.At > now + s_tolerated
                ? Diagnosis.Failed(Name, string.Create(CultureInfo.InvariantCulture, $"The clock says {now:yyyy-MM-dd HH:mm:ss} UTC, and the last entry of the audit trail was written at {newest.At:yyyy-MM-dd HH:mm:ss}."), Remedy)
                : Diagnosis.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"The clock says {now:yyyy-MM-dd HH:mm:ss} UTC, and nothing was written later.")),
        ];
    }
}
