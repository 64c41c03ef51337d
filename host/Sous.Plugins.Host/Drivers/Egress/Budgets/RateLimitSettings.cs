using System.Globalization;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>
/// The limits that hold for a driver: the manifest's, and over them the operator's, <c>Clients:{driver}:RateLimits:Registration</c> and
/// <c>Connection</c>: <c>20/1, 10000/900, 5/1 /orders</c> for 20 in a second, 10,000 in 900 seconds, and 5 in a second below a path, or <c>none</c>.
/// </summary>
internal static partial class RateLimitSettings
{
    private const int MostRequests = 1_000_000;
    private const int MostSeconds = 86_400;

    [GeneratedRegex("^(?<requests>[0-9]+)/(?<seconds>[0-9]+)( +(?<path>(/[^/?#, ]+)+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form { get; }

    /// <exception cref="DriverException">A setting cannot be read; the message names it.</exception>
    public static IReadOnlyList<RateLimit> Read(IConfiguration configuration, DriverId driver, IReadOnlyList<RateLimit> manifests)
    {
        var section = configuration.GetSection($"Clients:{driver.Value.Replace('-', '_')}:RateLimits");
        var limits = new List<RateLimit>();
        foreach (var scope in Enum.GetValues<RateLimitScope>())
        {
            if (FaultOf(section[$"{scope}"]) is { } fault)
            {
                throw new DriverException(FailureKind.Misconfigured, $"SOUS_{section.Path.Replace(":", "__", StringComparison.Ordinal)}__{scope} {fault}.");
            }

            limits.AddRange(section[$"{scope}"] is { Length: > 0 } text ? Parse(text, scope) ?? [] : manifests.Where(limit => limit.Of == scope));
        }

        return limits;
    }

    /// <summary>What is wrong with such a setting, or null; one that is absent or empty is not set.</summary>
    public static string? FaultOf(string? text) => string.IsNullOrEmpty(text) || Parse(text, default) is not null ? null
        : $"is not a list of CALLS/SECONDS such as 20/1, 10000/900, with 1 to {MostRequests} calls in 1 to {MostSeconds} seconds, and behind one the path that it is of, such as 5/1 /orders/bulk, nor none";

    private static List<RateLimit>? Parse(string text, RateLimitScope scope)
    {
        var limits = new List<RateLimit>();
        foreach (var part in text.Trim() == "none" ? [] : text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Form.Match(part) is not { Success: true } match
                || !int.TryParse(match.Groups["requests"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var most) || most is < 1 or > MostRequests
                || !int.TryParse(match.Groups["seconds"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var within) || within is < 1 or > MostSeconds)
            {
                return null;
            }

            limits.Add(new RateLimit { Of = scope, Requests = most, Seconds = within, Path = match.Groups["path"] is { Success: true } path ? path.Value : null });
        }

        return limits;
    }
}
