using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>What an answer says of how fast a service may be called.</summary>
/// <param name="IsRefusal">Too many calls: 429, or 503 with a wait.</param>
/// <param name="Wait">How long no call may come.</param>
/// <param name="Limit">Calls in a period, if told.</param>
/// <param name="Remaining">Calls that are left until <paramref name="Reset"/>.</param>
/// <param name="OfEndpoint">All of this holds for the endpoint that was called, and for no other.</param>
internal readonly record struct ServiceWord(bool IsRefusal, TimeSpan? Wait, long? Limit = null, long? Remaining = null, TimeSpan? Reset = null, bool OfEndpoint = false)
{
    private const string RemainingName = "RateLimit-Remaining";

    // Toast's X-Toast-RateLimit-By: GLOBAL, API or ENDPOINT.
    private const string ByName = "RateLimit-By";

    // A number above is seconds since 1970, far above milliseconds, below it seconds from now: no service counts over thirty years.
    private const long FirstInstant = 1_000_000_000;

    // The end of the year 9999.
    private const long LastInstant = 253_402_300_799;

    // What a Date without fractions and the way of an answer make out.
    private static readonly TimeSpan s_leastSkew = TimeSpan.FromSeconds(2);

    // What would be longer by the service's own clock is no wait: that clock is none to reckon with.
    private static readonly TimeSpan s_longestTold = TimeSpan.FromDays(1);

    /// <param name="now">By the host's clock. Where it goes ahead of the service's, instants are taken by the service's own.</param>
    public static ServiceWord Read(HttpResponseMessage answer, DateTimeOffset now)
    {
        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
        {
            return new ServiceWord(true, ReadWait(answer, now), OfEndpoint: answer.Headers.NonValidated.Any(static header => header.Key.EndsWith(ByName, StringComparison.OrdinalIgnoreCase) && IsEndpoint(header.Value)));
        }

        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && ReadWait(answer, now) is { } wait)
        {
            return new ServiceWord(true, wait);
        }

        foreach (var header in answer.Headers.NonValidated)
        {
            if (header.Key.EndsWith(RemainingName, StringComparison.OrdinalIgnoreCase) && ReadNumber(header.Value.ToString()) is { } remaining)
            {
                var family = header.Key[..^"Remaining".Length];
                return new ServiceWord(false, null, ReadNumber(answer, family + "Limit"), remaining, ReadReset(answer, family + "Reset", now),
                    answer.Headers.NonValidated.TryGetValues(family + "By", out var by) && IsEndpoint(by));
            }
        }

        return default;
    }

    /// <summary>How long the service asks to wait, or null where it does not say; never less than nothing.</summary>
    public static TimeSpan? ReadWait(HttpResponseMessage answer, DateTimeOffset now)
    {
        var asked = answer.Headers.RetryAfter;
        return asked?.Delta ?? (asked?.Date is { } date ? Until(date, answer, now) : null);
    }

    private static bool IsEndpoint(HeaderStringValues by) => by.ToString().Trim().Equals("ENDPOINT", StringComparison.OrdinalIgnoreCase);

    private static TimeSpan? ReadReset(HttpResponseMessage answer, string name, DateTimeOffset now) => ReadNumber(answer, name) switch
    {
        null => null,
        < FirstInstant and var seconds => TimeSpan.FromSeconds(seconds),
        < FirstInstant * 1000 and var instant => Until(DateTimeOffset.FromUnixTimeSeconds(Math.Min(instant, LastInstant)), answer, now),
        { } instant => Until(DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(instant, LastInstant * 1000)), answer, now),
    };

    private static TimeSpan Until(DateTimeOffset instant, HttpResponseMessage answer, DateTimeOffset now)
    {
        // However far the host's clock is off: by it alone an instant that is to come may seem to be over.
        var told = instant - answer.Headers.Date;
        var wait = now - answer.Headers.Date > s_leastSkew && told <= s_longestTold ? told.Value : instant - now;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private static long? ReadNumber(HttpResponseMessage answer, string name)
        => answer.Headers.NonValidated.TryGetValues(name, out var values) ? ReadNumber(values.ToString()) : null;

    // Some tell several, or go on with a policy: the first number counts.
    private static long? ReadNumber(string text)
    {
        var digits = text.AsSpan().TrimStart();
        var length = digits.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(length < 0 ? digits : digits[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
