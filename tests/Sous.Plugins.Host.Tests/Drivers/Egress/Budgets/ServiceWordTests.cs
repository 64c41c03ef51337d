using System.Net;
using Sous.Plugins.Host.Drivers.Egress.Budgets;

namespace Sous.Plugins.Host.Tests.Drivers.Egress.Budgets;

public sealed class ServiceWordTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(429, "5", null, 5d)]
    [InlineData(503, "5", null, 5d)]
    [InlineData(429, "0", null, 0d)]
    [InlineData(429, "Thu, 26 Nov 2026 12:00:40 GMT", null, 40d)]
    [InlineData(429, "Thu, 26 Nov 2026 11:00:00 GMT", null, 0d)]
    [InlineData(429, "2147483647", null, 2147483647d)]
    [InlineData(429, "Thu, 26 Nov 2026 12:00:40 GMT", "Thu, 26 Nov 2026 11:59:59 GMT", 40d)] // the second of its Date is not over
    [InlineData(429, "Thu, 26 Nov 2026 12:00:40 GMT", "Thu, 26 Nov 2026 11:59:50 GMT", 50d)] // our clock goes ten seconds ahead
    [InlineData(429, "Wed, 29 Jul 2026 12:00:40 GMT", "Wed, 29 Jul 2026 12:00:10 GMT", 30d)] // ours goes months ahead
    [InlineData(429, "Thu, 26 Nov 2026 12:00:40 GMT", "Thu, 26 Nov 2026 12:00:10 GMT", 40d)] // ours is behind: later than asked is never wrong
    [InlineData(429, "Thu, 26 Nov 2026 12:00:40 GMT", "Sat, 01 Jan 2000 00:00:00 GMT", 40d)] // a clock that is no clock
    public void A_wait_is_read_in_seconds_or_as_an_instant_by_whichever_clock_makes_it_longer(int status, string retryAfter, string? date, double seconds)
    {
        using var answer = Answer(status, ("Retry-After", retryAfter), ("Date", date));

        Assert.Equal(new ServiceWord(true, TimeSpan.FromSeconds(seconds)), ServiceWord.Read(answer, s_now));
    }

    [Theory]
    [InlineData(429, null, true)]
    [InlineData(429, "soon", true)]
    [InlineData(503, null, false)]
    [InlineData(500, "5", false)]
    [InlineData(200, "5", false)]
    public void Without_a_wait_only_429_is_a_refusal(int status, string? retryAfter, bool isRefusal)
    {
        using var answer = Answer(status, ("Retry-After", retryAfter));

        Assert.Equal(new ServiceWord(isRefusal, null), ServiceWord.Read(answer, s_now));
    }

    [Theory]
    [InlineData("X-RateLimit-", "100", "7", "30", 100L, 7L, 30d)]
    [InlineData("RateLimit-", "100, 100;w=60", "0", "12", 100L, 0L, 12d)]
    [InlineData("X-Toast-RateLimit-", null, "3", "1795694460", null, 3L, 60d)] // 12:01:00
    [InlineData("x-ratelimit-", "5", "3", "1795694460000", 5L, 3L, 60d)]
    [InlineData("X-RateLimit-", "5", "3", "1000000000", 5L, 3L, 0d)] // long ago
    [InlineData("X-RateLimit-", "5", "3", "later", 5L, 3L, null)]
    public void What_is_left_is_read_from_the_headers_of_the_usual_families(string family, string? limit, string remaining, string reset, long? calls, long left, double? seconds)
    {
        using var answer = Answer(200, (family + "Limit", limit), (family + "Remaining", remaining), (family + "Reset", reset));

        Assert.Equal(new ServiceWord(false, null, calls, left, seconds is { } known ? TimeSpan.FromSeconds(known) : null), ServiceWord.Read(answer, s_now));
    }

    [Theory]
    [InlineData(429, "X-Toast-RateLimit-By", "ENDPOINT", true)]
    [InlineData(429, "x-toast-ratelimit-by", "endpoint", true)]
    [InlineData(429, "X-Toast-RateLimit-By", "GLOBAL", false)]
    [InlineData(429, "X-Toast-RateLimit-By", "API", false)]
    [InlineData(200, "X-Toast-RateLimit-By", "ENDPOINT", true)]
    [InlineData(200, "X-RateLimit-By", "ENDPOINT", false)] // of another family than what is left
    [InlineData(503, "X-Toast-RateLimit-By", "ENDPOINT", false)] // an outage is of more than what it happens to count
    public void That_a_limit_is_of_the_endpoint_alone_is_read_where_the_service_says_so(int status, string header, string by, bool isOfEndpoint)
    {
        using var answer = Answer(status, ("Retry-After", "5"), ("X-Toast-RateLimit-Remaining", "3"), ("X-Toast-RateLimit-Reset", "60"), (header, by));

        Assert.Equal(isOfEndpoint, ServiceWord.Read(answer, s_now).OfEndpoint);
    }

    [Theory]
    [InlineData("many"), InlineData("-1"), InlineData(""), InlineData("99999999999999999999")]
    public void What_cannot_be_read_says_nothing(string remaining)
    {
        using var answer = Answer(200, ("X-RateLimit-Remaining", remaining), ("X-RateLimit-Reset", "5"));

        Assert.Equal(default, ServiceWord.Read(answer, s_now));
    }

    private static HttpResponseMessage Answer(int status, params ReadOnlySpan<(string Name, string? Value)> headers)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status);
        foreach (var (name, value) in headers)
        {
            if (value is not null)
            {
                answer.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return answer;
    }
}
