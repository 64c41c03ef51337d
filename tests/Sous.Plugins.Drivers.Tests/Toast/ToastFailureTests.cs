using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class ToastFailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<Chaos, FailureKind> Trouble => new()
    {
        { new Chaos { PathPrefix = "/orders/", ServerErrorEvery = 5, ServerErrorStatus = 408 }, FailureKind.Transient },
        { new Chaos { PathPrefix = "/orders/", ServerErrorEvery = 5, ServerErrorStatus = 403 }, FailureKind.Misconfigured },
    };

    [Theory]
    [MemberData(nameof(Trouble))]
    public async Task Trouble_is_told_by_its_kind_and_no_checkpoint_passes_it(Chaos chaos, FailureKind kind)
    {
        await using var kit = await ToastKit.StartAsync(600);
        var location = await kit.LocationAsync();
        var whole = await kit.SalesAsync(location, null, 25);
        kit.Toast.Chaos = chaos;
        var pages = new List<SyncPage<Sale>>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await foreach (var page in kit.Driver.FetchSalesAsync(kit.Request(location, null, 25), Token))
            {
                pages.Add(page);
            }
        });

        Assert.Equal(kind, failure.Kind);
        Assert.NotEmpty(pages);
        kit.Toast.Chaos = Chaos.None;
        pages.AddRange(await kit.SalesAsync(kit.Request(location, pages.End(), 25)));
        Assert.Equal(whole.Texts(), pages.Texts());
    }

    [Fact]
    public async Task A_refusal_of_one_stream_leaves_the_other_and_names_its_scope()
    {
        await using var kit = await ToastKit.StartAsync(100);
        var location = await kit.LocationAsync();
        kit.Toast.Chaos = new Chaos { PathPrefix = "/menus/", ServerErrorEvery = 1, ServerErrorStatus = 403 };

        var menus = await Assert.ThrowsAsync<DriverException>(() => kit.MenusAsync(location));
        var sales = await kit.SalesAsync(location);

        Assert.Equal(FailureKind.Misconfigured, menus.Kind);
        Assert.Contains("menus:read", menus.Message, StringComparison.Ordinal);
        Assert.Equal(kit.TruthOf(kit.Boston).OrderIds.Count, sales.Ids().Count);
    }

    [Fact]
    public async Task A_dead_token_is_unauthorized()
    {
        await using var kit = await ToastKit.StartAsync(0);
        kit.Toast.ExpireToken();

        Assert.Equal(FailureKind.Unauthorized, (await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver.ProbeAsync(Token))).Kind);
    }

    [Theory]
    [InlineData(403, "", FailureKind.Misconfigured)]
    [InlineData(400, """{"status":"BadRequest","code":10006}""", FailureKind.Defect)]
    [InlineData(404, """{"status":"NotFound"}""", FailureKind.Misconfigured)]
    [InlineData(404, "<html>Lost</html>", FailureKind.Transient)]
    [InlineData(429, "slow down", FailureKind.RateLimited)]
    [InlineData(302, "", FailureKind.Transient)]
    [InlineData(200, "[]", FailureKind.Defect)]
    [InlineData(200, """{"guid":7}""", FailureKind.Defect)]
    [InlineData(200, """{"guid":"11111111-1111-4111-8111-111111111111","general":{"name":"x","timeZone":"Europe/Dublin"}}""", FailureKind.Defect)]
    public async Task Each_answer_has_its_failure(int status, string body, FailureKind kind)
    {
        var toast = new ScriptedToast().On("/restaurants/", body, status);

        Assert.Equal(kind, (await Assert.ThrowsAsync<DriverException>(async () => await toast.Driver.DiscoverLocationsAsync(Token))).Kind);
    }

    [Fact]
    public async Task A_wait_that_no_header_tells_is_read_from_the_limits_reset()
    {
        var reset = await WaitAsync(headers => headers.Add("X-Toast-RateLimit-Reset", $"{ToastKit.Start.AddSeconds(42).ToUnixTimeSeconds()}"));
        var none = await WaitAsync(static _ => { });

        Assert.Equal((TimeSpan.FromSeconds(42), null), (reset, none));
    }

    [Fact]
    public async Task Orders_outside_of_the_range_asked_for_stop_the_sync()
    {
        var toast = new ScriptedToast().On("/orders/v2/ordersBulk", $$"""[{"guid":"{{ScriptedToast.Order}}","modifiedDate":"2024-01-01T00:00:00.000+0000","checks":[]}]""");

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => toast.SalesAsync())).Kind);
    }

    [Fact]
    public async Task A_short_page_with_a_next_one_is_not_taken_for_the_end()
    {
        var order = $$"""{"guid":"{{ScriptedToast.Order}}","modifiedDate":"2025-11-19T21:00:00.000+0000","checks":[]}""";
        var toast = new ScriptedToast().On("/orders/v2/ordersBulk", call =>
        {
            var holds = call.Contains("startDate=2025-11-19T21:00:00.000", StringComparison.Ordinal) && call.Contains("endDate=2025-11-19T21:00:00.001", StringComparison.Ordinal);
            var answer = new HttpResponseMessage { Content = new StringContent(holds || !Spans(call) ? (holds ? $"[{order}]" : "[]") : $"[{order}]", Encoding.UTF8, "application/json") };
            if (!holds && Spans(call))
            {
                answer.Headers.TryAddWithoutValidation("link", "<http://toast.test/next>; rel=\"next\"");
            }

            return answer;
        });

        var sales = (await toast.SalesAsync()).Ids();

        Assert.Equal(ScriptedToast.Order, Assert.Single(sales));
    }

    /// <summary>Whether a range holds the one instant at which the order changed, and more.</summary>
    private static bool Spans(string call)
    {
        var parts = Uri.UnescapeDataString(call).Split("Date=")[1..].Select(part => DateTimeOffset.Parse(part.Split('&')[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var at = new DateTimeOffset(2025, 11, 19, 21, 0, 0, TimeSpan.Zero);
        return parts[0] <= at && at < parts[1];
    }

    private static async Task<TimeSpan?> WaitAsync(Action<HttpResponseHeaders> set)
    {
        var toast = new ScriptedToast().On("/", _ =>
        {
            var answer = new HttpResponseMessage(HttpStatusCode.TooManyRequests) { Content = new StringContent("", Encoding.UTF8) };
            set(answer.Headers);
            return answer;
        });
        return (await Assert.ThrowsAsync<DriverException>(async () => await toast.Driver.DiscoverLocationsAsync(Token))).RetryAfter;
    }
}
