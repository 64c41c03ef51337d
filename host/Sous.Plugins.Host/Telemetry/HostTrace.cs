using System.Diagnostics;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// The host's own spans, which cost nothing where nobody collects them. They name what was done by ids and never by what was sent: an
/// address may hold a key. For the same reason no request of the listener is traced.
/// </summary>
internal static class HostTrace
{
    public const string Connection = "sous.connection";
    public const string Run = "sous.run";
    public const string Records = "sous.records";
    public const string Delivery = "sous.delivery";

    public static readonly ActivitySource Source = new(HostMeter.Name);

    /// <summary>Begins a trace. It is nobody's part: whatever asked for it may be a request, of which nothing is recorded.</summary>
    public static Activity? Begin(string name)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity.Current = null;
        return Source.StartActivity(name);
    }

    /// <param name="isWell">Whether nothing is amiss.</param>
    /// <param name="reason">One plain sentence, as the API shows it; or null.</param>
    public static void End<T>(this Activity? span, T outcome, bool isWell, string? reason)
        where T : struct, Enum
    {
        if (span is not null)
        {
            span.SetTag(HostMeter.Outcome, SnakeCase.Of(outcome));
            span.SetStatus(isWell ? ActivityStatusCode.Unset : ActivityStatusCode.Error, isWell ? null : reason);
        }
    }
}
