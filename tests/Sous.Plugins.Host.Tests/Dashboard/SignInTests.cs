using System.Net;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Dashboard.SignIn;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Dashboard;

/// <summary>Who gets in, for how long, and what keeps others' pages out.</summary>
public sealed class SignInTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_opens_the_dashboard_and_signing_out_closes_it()
    {
        await using var host = await RunningWorker.StartAsync();
        using var stranger = new DashboardBrowser(host);
        await AssertClosedAsync(stranger);
        Assert.Contains("name=\"key\"", await stranger.ReadAsync("/dashboard/sign-in"), StringComparison.Ordinal);

        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        Assert.Contains("<h1>Connections</h1>", await browser.ReadAsync("/"), StringComparison.Ordinal);
        var kept = browser.Cookie;
        using (var signedOut = await browser.SubmitAsync("/dashboard/sign-out"))
        {
            Assert.Equal((HttpStatusCode.SeeOther, ""), (signedOut.StatusCode, browser.Cookie));
        }

        // Nor does the cookie serve whoever kept it.
        Assert.Equal(HttpStatusCode.SeeOther, await OpenWithAsync(host, $"dashboard={kept}"));
    }

    [Fact]
    public async Task Whoever_looks_without_a_session_is_shown_the_way_in_which_is_no_denial()
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        using var stranger = new DashboardBrowser(host);

        await AssertClosedAsync(stranger, "/dashboard/drivers");
        using (var pressed = await stranger.SubmitAsync($"/dashboard/tenants/hill/connections/{connection.Id}/pause"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, pressed.StatusCode);
        }

        Assert.Equal(
            ["401 POST /dashboard/tenants/{tenant}/connections/{id}/pause"],
            (await host.Worker.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token)).Where(static entry => entry.Action == "access.denied").Select(static entry => entry.Detail));
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        using var again = await browser.OpenAsync("/dashboard/sign-in");
        Assert.Equal((HttpStatusCode.SeeOther, "/"), (again.StatusCode, again.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task The_cookie_is_out_of_reach_of_scripts_and_of_other_sites_and_opens_no_api()
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = new DashboardBrowser(host);

        using var answer = await browser.SubmitAsync("/dashboard/sign-in", ("key", host.AdminKey()));

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("sous_", cookie, StringComparison.Ordinal);
        using var api = await browser.OpenAsync("/api/v1/tenants");
        Assert.Equal(HttpStatusCode.Unauthorized, api.StatusCode);
    }

    [Fact]
    public async Task Over_https_the_cookie_stays_with_this_host_alone()
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = new DashboardBrowser(host);
        var secure = new DashboardSessions(host.Worker.Get<KeyStore>(), new Host.Authorization.PublicAddress(Microsoft.Extensions.Options.Options.Create(new Host.Authorization.AuthorizationOptions { PublicUrl = "https://sync.example" })), TimeProvider.System);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();

        await secure.SignInAsync(context.Response, host.AdminKey(), Token);

        var cookie = context.Response.Headers.SetCookie.ToString();
        Assert.StartsWith("__Host-dashboard=", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sous_nothing")]
    [InlineData("<script>alert(1)</script>")]
    public async Task A_wrong_key_is_told_so_and_opens_nothing(string key)
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = new DashboardBrowser(host);

        using var answer = await browser.SubmitAsync("/dashboard/sign-in", ("key", key));

        Assert.Equal((HttpStatusCode.Unauthorized, ""), (answer.StatusCode, browser.Cookie));
        var page = await answer.Content.ReadAsStringAsync(Token);
        Assert.Contains("That is no key that opens anything here.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_not_tried_without_end()
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = new DashboardBrowser(host);
        for (var tried = 0; tried < SignInLimit.PerMinute; tried++)
        {
            using var wrong = await browser.SubmitAsync("/dashboard/sign-in", ("key", KeyText.Make().Text));
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var answer = await browser.SubmitAsync("/dashboard/sign-in", ("key", host.AdminKey()));

        Assert.Equal((HttpStatusCode.TooManyRequests, ""), (answer.StatusCode, browser.Cookie));
        Assert.Contains("Please wait a minute", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_ends_with_its_key()
    {
        await using var host = await RunningWorker.StartAsync();
        var (id, key) = await host.AddTenantAsync("hill");
        using var browser = await DashboardBrowser.SignInAsync(host, key);
        await browser.ReadAsync("/");

        using (await host.Admin.DeleteAsync($"api/v1/keys/{id}", Token))
        {
            await AssertClosedAsync(browser);
        }
    }

    [Fact]
    public async Task A_session_ends_when_nobody_looks_and_after_its_longest_life()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await RunningWorker.StartAsync(clock);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        for (var spent = TimeSpan.Zero; spent < DashboardSession.Life; spent += TimeSpan.FromMinutes(20))
        {
            await browser.ReadAsync("/");
            clock.Advance(TimeSpan.FromMinutes(20));
        }

        await AssertClosedAsync(browser);
        using var idle = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        clock.Advance(DashboardSession.Idle);
        await AssertClosedAsync(idle);
    }

    [Fact]
    public async Task What_a_page_asks_for_by_itself_keeps_no_session_alive()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await RunningWorker.StartAsync(clock);
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());
        clock.Advance(DashboardSession.Idle * 0.7);
        using (var fetched = await browser.FetchAsync("/"))
        {
            Assert.Equal(HttpStatusCode.OK, fetched.StatusCode);
        }

        clock.Advance(DashboardSession.Idle * 0.7);

        await AssertClosedAsync(browser);
    }

    [Theory]
    [InlineData("cross-site", null)]
    [InlineData("same-site", null)]
    [InlineData("none", null)]
    [InlineData(null, "https://evil.example")]
    [InlineData(null, "null")]
    [InlineData(null, null)]
    public async Task Another_sites_form_changes_nothing(string? site, string? origin)
    {
        await using var host = await RunningWorker.StartAsync();
        await host.AddTenantAsync("hill");
        var connection = await host.AddConnectionAsync("hill", "Hill Street");
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        using var paused = await browser.SubmitFromAsync(site, origin, $"/dashboard/tenants/hill/connections/{connection.Id}/pause");
        using var signedIn = await browser.SubmitFromAsync(site, origin, "/dashboard/sign-in", ("key", host.AdminKey()));

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (paused.StatusCode, signedIn.StatusCode));
        Assert.Equal(ConnectionStatus.Ok, (await host.FindAsync(connection.Id))?.Status);
    }

    [Fact]
    public async Task A_browser_that_tells_its_origin_only_is_served_too()
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = new DashboardBrowser(host);

        using var answer = await browser.SubmitFromAsync(null, host.Address.GetLeftPart(UriPartial.Authority), "/dashboard/sign-in", ("key", host.AdminKey()));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/dashboard/nowhere")]
    public async Task Each_answer_forbids_frames_scripts_from_elsewhere_and_keeping(string path)
    {
        await using var host = await RunningWorker.StartAsync();
        using var browser = await DashboardBrowser.SignInAsync(host, host.AdminKey());

        using var answer = await browser.OpenAsync(path);

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal(("DENY", "nosniff"), (Assert.Single(answer.Headers.GetValues("X-Frame-Options")), Assert.Single(answer.Headers.GetValues("X-Content-Type-Options"))));
    }

    private static async Task AssertClosedAsync(DashboardBrowser browser, string path = "/")
    {
        using var answer = await browser.OpenAsync(path);
        Assert.Equal((HttpStatusCode.SeeOther, "/dashboard/sign-in"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    private static async Task<HttpStatusCode> OpenWithAsync(RunningWorker host, string cookie)
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, host.Address);
        request.Headers.Add("Cookie", cookie);
        using var response = await client.SendAsync(request, Token);
        return response.StatusCode;
    }
}
