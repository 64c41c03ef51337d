using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Telemetry;

/// <summary>
/// What the instruments of all rooms have in common. Attributes have few values, and none of them is a tenant's, a connection's or a
/// caller's text: whoever may read the metrics learns nothing of anybody.
/// </summary>
internal static class HostMeter
{
    public const string Name = "Sous.Plugins";

    public const string Driver = "sous.driver";
    public const string Stream = "sous.stream";
    public const string Trigger = "sous.trigger";
    public const string Outcome = "sous.outcome";
    public const string Kind = "sous.kind";
    public const string Priority = "sous.priority";
    public const string Status = "sous.status";
    public const string Trouble = "sous.trouble";

    /// <summary>For what takes a request's time.</summary>
    public static readonly InstrumentAdvice<double> Seconds = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

    /// <summary>For what may take up to an hour.</summary>
    public static readonly InstrumentAdvice<double> Minutes = new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600] };

    public static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    /// <summary>As the API writes it.</summary>
    public static KeyValuePair<string, object?> Tag<T>(string name, T value)
        where T : struct, Enum
        => new(name, SnakeCase.Of(value));
}
