using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Host.Tests.Backup;

namespace Sous.Plugins.Host.Tests.Drivers.Egress;

/// <summary>A wait that nobody ends fails its test by a timeout: the clock is fake.</summary>
public sealed class EgressTests : IDisposable
{
    private readonly TimerClock _clock = new();
    private readonly OrdinaryHost _host = new();

    [Theory(Timeout = 120_000)]
    [InlineData("https://evil.example/", "evil.example")]
    [InlineData("http://api.fixture.example/", "http://api.fixture.example")]
    [InlineData("https://api.fixture.example:8443/", ":8443")]
    [InlineData("https://api.fixture.example.evil.example/", "evil.example")]
    [InlineData("https://cdn.fixture.example/", "cdn.fixture.example")]
    [InlineData("https://evilcdn.fixture.example/", "evilcdn.fixture.example")]
    [InlineData("https://user@api.fixture.example/", "api.fixture.example")]
    [InlineData("https://api.fixture.example./", "api.fixture.example.")]
    [InlineData("https://127.0.0.1/", "127.0.0.1")]
    [InlineData("https://0x7f000001/", "127.0.0.1")]
    [InlineData("https://2130706433/", "127.0.0.1")]
    [InlineData("https://[::ffff:7f00:1]/", "::ffff")]
    [InlineData("https://ａpi.evil.example/", "api.evil.example")]
    public async Task A_host_that_the_manifest_does_not_name_is_refused_by_name(string address, string named)
    {
        using var http = CreateHttp([], (_, _) => throw new InvalidOperationException("It was looked up."));
        using var client = CreateClient(http);

        var refusal = await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(new Uri(address), TestContext.Current.CancellationToken));

        Assert.Equal(FailureKind.Defect, refusal.Kind);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("https://api.fixture.example/v2", "10.1.2.3")]
    [InlineData("https://files.fixture.example/", "127.0.0.1")]
    [InlineData("https://a.cdn.fixture.example/", "93.184.215.14", "169.254.169.254")]
    [InlineData("https://a.b.cdn.fixture.example/", "::ffff:10.0.0.1")]
    [InlineData("https://api.fixture.example/", "fd00::1")]
    public async Task A_named_host_that_leads_into_a_private_network_is_refused_once_and_never_connected_to(string address, params string[] answers)
    {
        var lookups = 0;
        using var http = CreateHttp([], (_, _) =>
        {
            lookups++;
            return Task.FromResult(answers.Select(IPAddress.Parse).ToArray());
        });
        using var client = CreateClient(http);

        var refusal = await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(new Uri(address), TestContext.Current.CancellationToken));

        Assert.Equal(FailureKind.Misconfigured, refusal.Kind);
        Assert.Contains("private network", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, lookups);
    }

    [Theory]
    [InlineData("0.1.2.3", true), InlineData("10.0.0.1", true), InlineData("100.64.0.1", true), InlineData("127.8.9.1", true)]
    [InlineData("169.254.169.254", true), InlineData("172.31.255.255", true), InlineData("192.0.0.8", true), InlineData("192.168.1.1", true)]
    [InlineData("198.19.0.1", true), InlineData("224.0.0.1", true), InlineData("255.255.255.255", true), InlineData("::", true)]
    [InlineData("::1", true), InlineData("::ffff:192.168.0.1", true), InlineData("::127.0.0.1", true), InlineData("64:ff9b::10.0.0.1", true)]
    [InlineData("64:ff9b:1::1", true), InlineData("2002:0a00:0001::", true), InlineData("2001::1", true), InlineData("fdab::1", true)]
    [InlineData("fe80::1%3", true), InlineData("ff02::1", true)]
    [InlineData("8.8.8.8", false), InlineData("172.32.0.1", false), InlineData("100.128.0.1", false), InlineData("::ffff:8.8.8.8", false)]
    [InlineData("64:ff9b::8.8.8.8", false), InlineData("2002:0808:0808::", false), InlineData("2606:4700::1111", false), InlineData("2001:4860::8888", false)]
    public void Private_addresses_are_told_from_public_ones(string address, bool isPrivate)
        => Assert.Equal(isPrivate, PrivateNetworks.Contains(IPAddress.Parse(address)));

    [Fact(Timeout = 120_000)]
    public async Task An_address_that_the_operator_set_is_allowed_on_loopback_and_by_http_and_only_that_port()
    {
        await using var service = await LoopbackService.StartAsync((context, _) => context.Response.WriteAsync("hello"));
        await using var neighbour = await LoopbackService.StartAsync((_, _) => Task.CompletedTask);
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);

        var answer = await client.GetStringAsync(new Uri(service.Address, "/v2/locations"), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(neighbour.Address, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(new Uri("https://api.fixture.example/"), TestContext.Current.CancellationToken));

        Assert.Equal("hello", answer);
        Assert.Empty(neighbour.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_redirect_is_handed_back_and_not_followed()
    {
        await using var inside = await LoopbackService.StartAsync((_, _) => Task.CompletedTask);
        await using var service = await LoopbackService.StartAsync((context, _) =>
        {
            context.Response.Redirect(inside.Address.ToString());
            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);

        using var answer = await client.GetAsync(service.Address, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Empty(inside.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task Seventeenth_invariant_a_wait_that_the_service_asks_for_is_kept_to_the_second()
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.StatusCode = count switch { 1 => 429, 2 => 503, _ => 200 };
            context.Response.Headers.RetryAfter = count == 1 ? "7" : _clock.GetUtcNow().AddSeconds(40).ToString("R");
            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);

        var call = client.PostAsync(service.Address, new StringContent("query"), TestContext.Current.CancellationToken);
        var first = await _clock.NextWaitAsync();
        _clock.Advance(TimeSpan.FromSeconds(6.999));
        var early = service.Asked.Count;
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await _clock.NextWaitAsync();
        _clock.Advance(second);
        using var answer = await call;

        Assert.Equal(TimeSpan.FromSeconds(7), first);
        Assert.Equal(1, early);
        Assert.InRange(second, TimeSpan.FromSeconds(39), TimeSpan.FromSeconds(40));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(["POST / query", "POST / query", "POST / query"], service.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_wait_that_comes_with_any_other_failure_holds_that_call_alone_and_as_long()
    {
        await using var service = await LoopbackService.StartAsync((context, count) =>
        {
            context.Response.StatusCode = count == 1 ? 502 : 200;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);

        var call = client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        var wait = await _clock.NextWaitAsync();
        using var other = await client.GetAsync(service.Address, TestContext.Current.CancellationToken);
        _clock.Advance(wait);
        using var answer = await call;

        Assert.Equal((TimeSpan.FromSeconds(7), HttpStatusCode.OK, HttpStatusCode.OK), (wait, other.StatusCode, answer.StatusCode));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_wait_too_long_to_sit_out_is_handed_up_at_once()
    {
        await using var service = await LoopbackService.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);

        using var answer = await client.GetAsync(service.Address, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Single(service.Asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_token_request_is_never_repeated_and_reaches_only_the_token_endpoint()
    {
        await using var service = await LoopbackService.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        using var http = CreateHttp(new() { ["Clients:fix_ture:AuthUrl"] = service.Address.ToString() });
        using var client = new HttpClient(http.CreateTokenHandler(Driver()));

        using var answer = await client.PostAsync(new Uri(service.Address, "/oauth2/token"), new StringContent("{}"), TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<DriverException>(() => client.GetAsync(new Uri("https://files.fixture.example/"), TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Single(service.Asked);
        Assert.Contains("files.fixture.example", refusal.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_page_that_never_ends_is_cut_off_and_the_driver_is_told()
    {
        var block = Encoding.ASCII.GetBytes(new string('[', 1 << 20));
        await using var service = await LoopbackService.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
            }
        });
        using var http = CreateHttp(Operator(service));
        using var client = CreateClient(http);
        using var answer = await client.GetAsync(service.Address, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<DriverException>(() => body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));

        Assert.Contains("64 MiB", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Clients:fix_ture:ApiUrl", "ftp://x/")]
    [InlineData("Clients:fix_ture:AuthUrl", "nonsense")]
    [InlineData("Clients:fix_ture:ApiUrl", "http://user:word@x/")]
    public void An_address_that_the_operator_mistyped_names_its_setting(string setting, string value)
    {
        using var http = CreateHttp(new() { [setting] = value });

        var refusal = Assert.Throws<DriverException>(() => http.CreateHandler(Driver(), Lane, null));

        Assert.Equal(FailureKind.Misconfigured, refusal.Kind);
        Assert.StartsWith("SOUS_" + setting.Replace(":", "__", StringComparison.Ordinal), refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("word", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _host.Dispose();

    private static Dictionary<string, string?> Operator(LoopbackService service) => new() { ["Clients:fix_ture:ApiUrl"] = service.Address.ToString() };

    private DriverHttp CreateHttp(Dictionary<string, string?> settings, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var budgets = new CallBudgets(configuration, _clock);
        return new DriverHttp(configuration, _host.Adoption, budgets, new EgressMetrics(Meters.New(), budgets), _clock, NullLogger<DriverHttp>.Instance) { Resolve = resolve ?? ((_, _) => throw new SocketException()) };
    }

    private static HttpClient CreateClient(DriverHttp http) => new(http.CreateHandler(Driver(), Lane, null));

    private static readonly CallLane Lane = new(new ConnectionId("con_1"), CallPriority.Live);

    private static LoadedDriver Driver() => FixtureDriver.Of(FixtureDriver.Manifest with
    {
        AllowedHosts = ["files.fixture.example", "*.cdn.fixture.example"],
        Authorization = new AuthorizationManifest { Kind = AuthorizationKind.ClientCredentials, TokenAddress = new Uri("https://auth.fixture.example/token") },
    });
}
