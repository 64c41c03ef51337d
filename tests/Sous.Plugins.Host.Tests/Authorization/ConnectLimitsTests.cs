using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>One tenant, or one client, that does too much is told to wait, costs the stores nothing, and crowds nobody out.</summary>
public sealed class ConnectLimitsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_that_makes_sessions_too_fast_waits_and_another_does_not()
    {
        await using var app = await AuthorizationApp.StartAsync([("ConnectLimits:SessionsPerMinute", "3")]);
        var connection = await app.ConnectAsync();
        await app.CreateSessionAsync(new { driver = TestDriver.Id });
        await app.CreateSessionAsync(new { driver = TestDriver.Id });
        var commits = Commits(app);

        foreach (var path in new[] { "connect-sessions", $"connections/{connection.Id}/reconnect" })
        {
            using var refused = await app.Admin.PostAsJsonAsync($"/api/v1/tenants/t1/{path}", new { driver = TestDriver.Id }, Token);
            Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited"), (refused.StatusCode, await CodeAsync(refused)));
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        }

        Assert.Equal(commits, Commits(app));
        await app.CreateSessionAsync(new { driver = TestDriver.Id }, "t2");
        Assert.Equal("ok", await app.StatusOfAsync(connection.Id));
    }

    [Fact]
    public async Task Nobody_uses_a_tenants_share_up_without_its_key()
    {
        await using var app = await AuthorizationApp.StartAsync([("ConnectLimits:SessionsPerMinute", "1")]);
        using var stranger = new HttpClient { BaseAddress = app.Admin.BaseAddress };
        for (var i = 0; i < 3; i++)
        {
            using var refused = await stranger.PostAsJsonAsync("/api/v1/tenants/t1/connect-sessions", new { driver = TestDriver.Id }, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        await app.CreateSessionAsync(new { driver = TestDriver.Id });
    }

    [Fact]
    public async Task A_tenant_has_so_many_open_sessions_and_not_one_more_until_one_is_over()
    {
        await using var app = await AuthorizationApp.StartAsync([("ConnectLimits:OpenSessions", "2")]);
        await app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var response = await app.Admin.PostAsJsonAsync("/api/v1/tenants/t1/connect-sessions", new { driver = TestDriver.Id }, Token);
            return response.StatusCode;
        }));
        var commits = Commits(app);
        using var refused = await app.Admin.PostAsJsonAsync("/api/v1/tenants/t1/connect-sessions", new { driver = TestDriver.Id }, Token);

        Assert.Equal((1, 7), (made.Count(s => s == HttpStatusCode.Created), made.Count(s => s == HttpStatusCode.TooManyRequests)));
        Assert.Equal(("too_many_open", ConnectSession.Life), (await CodeAsync(refused), refused.Headers.RetryAfter!.Delta));
        Assert.Equal(commits, Commits(app));
        await app.CreateSessionAsync(new { driver = TestDriver.Id }, "t2");

        app.Clock.Advance(ConnectSession.Life);
        await app.CreateSessionAsync(new { driver = TestDriver.Id });
    }

    [Theory]
    [InlineData("ConnectLimits:CallbacksPerMinute", "/oauth/callback/test-service?state=x&code=y", HttpStatusCode.BadRequest)]
    [InlineData("ConnectLimits:PagesPerMinute", "/connect/nonsense", HttpStatusCode.NotFound)]
    public async Task A_client_that_opens_pages_too_fast_is_told_so_on_a_page_and_the_rest_goes_on(string limit, string path, HttpStatusCode usual)
    {
        await using var app = await AuthorizationApp.StartAsync([(limit, "3")]);
        using var browser = new Browser();
        for (var i = 0; i < 3; i++)
        {
            using var answer = await browser.GetAsync(new Uri(app.Address + path));
            Assert.Equal(usual, answer.StatusCode);
        }

        using var refused = await browser.GetAsync(new Uri(app.Address + path));

        Assert.Equal((HttpStatusCode.TooManyRequests, "text/html"), (refused.StatusCode, refused.Content.Headers.ContentType!.MediaType));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Contains("frame-ancestors 'none'", refused.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        await app.CreateSessionAsync(new { driver = TestDriver.Id });
        using var style = await browser.GetAsync(new Uri($"{app.Address}/connect/style.css"));
        Assert.Equal(HttpStatusCode.OK, style.StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.0/8, ::1", false)]
    [InlineData("::1;127.0.0.1", false)]
    [InlineData("203.0.113.0/24", true)]
    [InlineData(null, true)]
    public async Task A_trusted_proxys_word_tells_clients_apart_and_nobody_elses_does(string? trusted, bool shared)
    {
        await using var app = await AuthorizationApp.StartAsync([("ConnectLimits:CallbacksPerMinute", "2"), ("TrustedProxies", trusted)]);
        using var browser = new Browser();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(HttpStatusCode.BadRequest, await AskAsync("198.51.100.1"));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync("198.51.100.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync("10.9.9.9, 198.51.100.1"));
        Assert.Equal(shared ? HttpStatusCode.TooManyRequests : HttpStatusCode.BadRequest, await AskAsync("198.51.100.2"));

        async Task<HttpStatusCode> AskAsync(string forwardedFor)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{app.Address}/oauth/callback/test-service");
            request.Headers.Add("X-Forwarded-For", forwardedFor);
            using var answer = await browser.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_trusted_proxys_word_on_host_and_scheme_is_passed_over()
    {
        await using var app = await AuthorizationApp.StartAsync([("TrustedProxies", "127.0.0.0/8, ::1")]);
        var link = (await app.CreateSessionAsync(new { driver = TestDriver.Id })).GetProperty("url").GetString()!;
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, link);
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Host = "evil.example";
        using var answer = await http.SendAsync(request, Token);

        Assert.Contains(Uri.EscapeDataString($"{app.Address}/oauth/callback/"), answer.Headers.Location!.AbsoluteUri, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("evil", answer.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("TrustedProxies", "10.0.0.0/33")]
    [InlineData("TrustedProxies", "proxy.example")]
    [InlineData("ConnectLimits:OpenSessions", "0")]
    public async Task A_setting_that_cannot_be_used_stops_the_start(string key, string value)
        => await Assert.ThrowsAsync<OptionsValidationException>(() => AuthorizationApp.StartAsync([(key, value)]));

    [Fact]
    public void Clients_share_a_limit_by_address_or_by_the_network_of_one_customer()
    {
        Assert.Equal(Of("203.0.113.7"), Of("::ffff:203.0.113.7"));
        Assert.Equal(Of("2001:db8:1:2::1"), Of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        Assert.True(Enumerable.Range(0, 64).Select(i => Of($"2001:db8:1:{i:x}::1")).Distinct().Count() > 32);
        Assert.True(Enumerable.Range(0, 64).Select(i => Of($"203.0.113.{i}")).Distinct().Count() > 32);
        Assert.All(Enumerable.Range(0, 100_000), i => Assert.InRange(Of($"2001:db8:{i & 0xffff:x}:{i >> 16:x}::1"), 0, ClientPartition.Count - 1));

        static int Of(string address) => ClientPartition.Of(IPAddress.Parse(address));
    }

    private static long Commits(AuthorizationApp app) => ((LiteDbRegistry)app.Get<IRegistry>()).Commits;

    private static async Task<string?> CodeAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
