using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

public sealed class OwnerPageTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync(
        TestDriver.Load(TestDriver.Id), TestDriver.Load("plain", a => a with { Pkce = Pkce.Unavailable }));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task The_page_says_what_is_shared_with_whom_and_names_are_text_never_markup()
    {
        using var owner = new Browser();
        using var page = await owner.GetAsync(new Uri(await LinkAsync()));
        var html = await page.Content.ReadAsStringAsync(Token);

        Assert.Contains("Bistro &lt;One&gt;", html, StringComparison.Ordinal);
        Assert.Contains("Test &lt;Service&gt;", html, StringComparison.Ordinal);
        Assert.Contains("sales, with their payments, tips and refunds", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<One>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; style-src 'self'; form-action 'self' https: http://127.0.0.1:", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("no-store", page.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("no-referrer", page.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("DENY", page.Headers.GetValues("X-Frame-Options").Single());
    }

    [Fact]
    public async Task Looking_never_uses_the_link_up()
    {
        var link = await LinkAsync();
        for (var i = 0; i < 5; i++)
        {
            using var preview = new Browser();
            using var page = await preview.GetAsync(new Uri(link));
            Assert.Contains("<button", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
            Assert.False(page.Headers.Contains("Set-Cookie"));
        }

        using var owner = new Browser();
        await owner.PressAsync(link);
    }

    [Fact]
    public async Task The_button_leads_to_the_service_with_everything_it_must_be_told()
    {
        using var owner = new Browser();
        var authorize = await owner.PressAsync(await LinkAsync());
        var query = QueryHelpers.ParseQuery(authorize.Query);

        Assert.Equal(new Uri(_app.Service.Address, "authorize").AbsoluteUri, authorize.GetLeftPart(UriPartial.Path));
        Assert.Equal("code", query["response_type"].Single());
        Assert.Equal("client-1", query["client_id"].Single());
        Assert.Equal($"{_app.Address}/oauth/callback/{TestDriver.Id}", query["redirect_uri"].Single());
        Assert.Equal("READ_SALES READ_MENU", query["scope"].Single());
        Assert.Equal("consent", query["prompt"].Single());
        Assert.Equal("S256", query["code_challenge_method"].Single());
        Assert.Matches("^[A-Za-z0-9_-]{43}$", query["code_challenge"].Single()!);
        Assert.Matches(@"^[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}$", query["state"].Single()!);
    }

    [Fact]
    public async Task Without_pkce_none_is_sent()
    {
        using var owner = new Browser();
        var query = QueryHelpers.ParseQuery((await owner.PressAsync(await LinkAsync("plain"))).Query);

        Assert.False(query.ContainsKey("code_challenge") || query.ContainsKey("code_challenge_method"));
    }

    [Fact]
    public async Task The_cookie_is_for_this_request_alone_and_out_of_reach_of_scripts()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var pressed = await http.PostAsync(await LinkAsync(), null, Token);

        var cookie = pressed.Headers.GetValues("Set-Cookie").Single();
        Assert.Matches("^sc-[A-Za-z0-9_-]{16}=[A-Za-z0-9_-]{43}; max-age=600; path=/; samesite=lax; httponly$", cookie);
    }

    [Theory]
    [InlineData("", HttpStatusCode.NotFound)]
    [InlineData("x", HttpStatusCode.NotFound)]
    public async Task A_link_that_is_not_right_to_the_last_letter_is_none(string extra, HttpStatusCode expected)
    {
        var link = await LinkAsync();
        using var owner = new Browser();
        using var page = await owner.GetAsync(new Uri(extra.Length == 0 ? link[..^1] : link + extra));

        Assert.Equal(expected, page.StatusCode);
    }

    [Fact]
    public async Task After_half_an_hour_a_link_has_run_out()
    {
        var link = await LinkAsync();
        _app.Clock.Advance(ConnectSession.Life);
        using var owner = new Browser();
        using var page = await owner.GetAsync(new Uri(link));
        using var http = new HttpClient();
        using var pressed = await http.PostAsync(link, null, Token);

        Assert.Contains("run out", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, pressed.StatusCode);
    }

    [Fact]
    public async Task Every_answer_to_a_browser_is_guarded_whatever_it_is()
    {
        using var owner = new Browser();
        var link = await LinkAsync();
        (HttpMethod Method, string Address, HttpStatusCode Expected)[] asked =
        [
            (HttpMethod.Get, link, HttpStatusCode.OK),
            (HttpMethod.Head, link, HttpStatusCode.OK),
            (HttpMethod.Put, link, HttpStatusCode.MethodNotAllowed),
            (HttpMethod.Options, link, HttpStatusCode.MethodNotAllowed),
            (HttpMethod.Get, $"{_app.Address}/connect", HttpStatusCode.NotFound),
            (HttpMethod.Get, $"{_app.Address}/connect/a/b/c", HttpStatusCode.NotFound),
            (HttpMethod.Get, $"{_app.Address}/connect/end/absent", HttpStatusCode.NotFound),
            (HttpMethod.Get, $"{_app.Address}/connect/style.css", HttpStatusCode.OK),
            (HttpMethod.Get, $"{_app.Address}/oauth", HttpStatusCode.NotFound),
            (HttpMethod.Get, $"{_app.Address}/oauth/callback", HttpStatusCode.NotFound),
            (HttpMethod.Head, $"{_app.Address}/oauth/callback/{TestDriver.Id}", HttpStatusCode.NoContent),
            (HttpMethod.Post, $"{_app.Address}/oauth/callback/{TestDriver.Id}", HttpStatusCode.MethodNotAllowed),
            (HttpMethod.Get, $"{_app.Address}/oauth/callback/{TestDriver.Id}", HttpStatusCode.BadRequest),
            (HttpMethod.Post, link, HttpStatusCode.SeeOther),
        ];

        foreach (var (method, address, expected) in asked)
        {
            using var answer = await owner.SendAsync(new HttpRequestMessage(method, address));
            Assert.True(answer.StatusCode == expected, $"{method} {address} answered {answer.StatusCode}.");
            AssertGuarded(answer, address.EndsWith(".css", StringComparison.Ordinal) ? "max-age=3600" : "no-store");
        }
    }

    [Fact]
    public async Task A_failure_of_the_host_is_told_on_a_guarded_page_without_its_inside()
    {
        var link = await LinkAsync();
        await _app.Get<IRegistry>().DisposeAsync();
        using var owner = new Browser();
        using var answer = await owner.SendAsync(new HttpRequestMessage(HttpMethod.Post, link));
        var page = await answer.Content.ReadAsStringAsync(Token);

        Assert.Equal((HttpStatusCode.InternalServerError, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.DoesNotContain("Exception", page, StringComparison.OrdinalIgnoreCase);
        AssertGuarded(answer, "no-store, no-cache");
    }

    [Fact]
    public async Task A_head_is_answered_like_a_look_without_a_body()
    {
        var link = await LinkAsync();
        using var owner = new Browser();
        using var head = await owner.SendAsync(new HttpRequestMessage(HttpMethod.Head, link));
        using var look = await owner.GetAsync(new Uri(link));

        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(look.Headers.GetValues("Content-Security-Policy"), head.Headers.GetValues("Content-Security-Policy"));
        await owner.PressAsync(link);
    }

    [Theory]
    [InlineData("error=access_denied", "denied")]
    [InlineData("error=server_error", "failed")]
    public async Task A_result_leads_back_to_the_registered_address_and_tells_how_it_ended(string answer, string status)
    {
        using var owner = new Browser();
        var link = await LinkAsync();
        var callback = await owner.StartAsync(link, _app);
        var state = QueryHelpers.ParseQuery(callback.Query)["state"];

        using var result = await owner.GetAsync(new Uri($"{callback.GetLeftPart(UriPartial.Path)}?{answer}&state={state}"));
        using var again = await owner.GetAsync(new Uri(link));

        Assert.Equal(await BackAsync(result), await BackAsync(again));
        await AssertLeadsBackAsync(again, link, status);
    }

    [Fact]
    public async Task A_link_that_ran_out_or_was_never_completed_leads_back_too()
    {
        using var owner = new Browser();
        var (unused, dropped) = (await LinkAsync(), await LinkAsync());
        using var held = await owner.GetAsync(await owner.StartAsync(dropped, _app));
        _app.Clock.Advance(ConnectSession.Life);
        using var expired = await owner.GetAsync(new Uri(unused));
        using var abandoned = await owner.GetAsync(new Uri(dropped));

        await AssertLeadsBackAsync(expired, unused, "expired");
        await AssertLeadsBackAsync(abandoned, dropped, "abandoned");
    }

    [Fact]
    public async Task Without_a_return_address_a_result_leads_nowhere()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, completion = "automatic" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        using var landed = await owner.GetAsync(callback);
        using var end = await owner.GetAsync(new Uri(callback, landed.Headers.Location!));

        Assert.Null(await BackAsync(end));
    }

    private static async Task AssertLeadsBackAsync(HttpResponseMessage page, string link, string status)
    {
        var back = (await BackAsync(page))!;
        Assert.StartsWith(AuthorizationApp.ReturnAddress + "&", back, StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(new Uri(back).Query);
        Assert.Equal(["from", "session", "status"], query.Keys.Order());
        Assert.Equal((status, $"cs_{link[^65..^43]}"), (query["status"].ToString(), query["session"].ToString()));
    }

    private static async Task<string?> BackAsync(HttpResponseMessage page)
        => System.Text.RegularExpressions.Regex.Match(await page.Content.ReadAsStringAsync(Token), "<a href=\"([^\"]+)\"") is { Success: true } found
            ? WebUtility.HtmlDecode(found.Groups[1].Value)
            : null;

    private static void AssertGuarded(HttpResponseMessage answer, string cache)
    {
        Assert.Equal(cache, answer.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Matches("default-src 'none'.*base-uri 'none'; frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
    }

    private async Task<string> LinkAsync(string driver = TestDriver.Id)
        => (await _app.CreateSessionAsync(new { driver, initiator = "u", returnTo = "home" })).GetProperty("url").GetString()!;
}
