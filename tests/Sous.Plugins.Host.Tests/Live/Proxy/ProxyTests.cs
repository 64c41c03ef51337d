using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Live.Proxy;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Live.Proxy;

/// <summary>A caller's own calls to a connection's service: authorized by the host, to the service alone, and within its limits.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private ProxyHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await ProxyHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_call_has_the_hosts_authorization_and_nothing_that_speaks_for_the_caller()
    {
        using var answer = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations?a=b%20c&d", null, null, [
            ("Square-Version", "2025-08-20"), ("Accept", "application/json"), ("If-None-Match", "\"x\""),
            ("Cookie", "a=b"), ("X-Forwarded-For", "203.0.113.9"), ("X_Forwarded_For", "203.0.113.9"), ("Forwarded", "for=x"), ("X-HTTP-Method-Override", "DELETE"),
            ("Connection", "X-Hop"), ("X-Hop", "1"), ("TE", "trailers"), ("Proxy-Authorization", "Basic x"), ("Origin", "http://x"), ("Accept-Encoding", "identity")]);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True((await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("locations").GetArrayLength() > 0);
        Assert.Equal(["service"], answer.Headers.GetValues("Sous-Answered-By"));
        var asked = Assert.Single(_host.Counter.TakeAsked());
        Assert.Equal("/gateway/v2/locations?a=b%20c&d", asked.Target);
        Assert.Equal(("2025-08-20", "application/json", "\"x\"", "1"), (asked.Headers["Square-Version"], asked.Headers["Accept"], asked.Headers["If-None-Match"], asked.Headers["X-Own"]));
        Assert.Equal(["Accept", "Accept-Encoding", "Authorization", "Host", "If-None-Match", "Square-Version", "X-Own"], asked.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(asked.Headers, header => header.Value.Contains(_host.Key, StringComparison.Ordinal));
        Assert.NotEqual("identity", asked.Headers["Accept-Encoding"]);
        Assert.Empty(await _host.AuditAsync());
    }

    [Fact]
    public async Task A_call_that_cannot_be_written_to_the_trail_is_not_passed_on_and_leaves_the_drivers_place_free()
    {
        var worker = _host.Worker.Worker;
        Assert.True(worker.Get<DriverCatalog>().TryGet(new DriverId("square"), out var square));
        using var folder = new TemporaryFolder();
        using var data = DataFolder.Open(folder.Path);
        var closed = LiteDbRegistry.Open(data, NullLogger<LiteDbRegistry>.Instance);
        await closed.DisposeAsync();
        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Post;
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = $"{_host.Proxy}/v2/orders/search";

        await Assert.ThrowsAsync<ObjectDisposedException>(() => ProxyEndpoint.PassOnAsync(
            new TenantId("t1"), new ConnectionId(_host.Connection), context, new Caller("key", KeyScope.Admin), worker.Get<LiveDrivers>(), closed, TimeProvider.System, Token));

        // The connection's first runs have theirs for a while.
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(square.Use.Sessions == 0));
        Assert.Empty(_host.Counter.TakeAsked());
    }

    [Fact]
    public async Task A_search_goes_with_its_body_its_long_answer_comes_whole_and_the_trail_tells_of_it()
    {
        const string Search = """{"location_ids":["LHILLNEWYORK1"],"limit":1000}""";
        using var content = new StringContent(Search, Encoding.UTF8, "application/json");
        using var answer = await _host.AskAsync(HttpMethod.Post, $"{_host.Proxy}/v2/orders/search", content);
        var passed = await answer.Content.ReadAsByteArrayAsync(Token);

        using var direct = new HttpClient { BaseAddress = _host.Square.Address };
        direct.DefaultRequestHeaders.Add("Authorization", $"Bearer {_host.Square.IssueAccessToken()}");
        using var again = new StringContent(Search, Encoding.UTF8, "application/json");
        using var own = await direct.PostAsync("v2/orders/search", again, Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(passed.Length > 1 << 20, $"{passed.Length} bytes");
        Assert.Equal(await own.Content.ReadAsByteArrayAsync(Token), passed);
        Assert.Equal([("proxy.passed_on", _host.Connection)], await _host.AuditAsync());
    }

    [Fact]
    public async Task An_answer_comes_while_the_service_still_gives_it()
    {
        var read = new TaskCompletionSource();
        _host.Counter.Odd = async context =>
        {
            await context.Response.WriteAsync(new string('a', 2 << 20), Token);
            await context.Response.Body.FlushAsync(Token);
            await read.Task.WaitAsync(Token);
            await context.Response.WriteAsync("end", Token);
        };

        using var answer = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/odd/long");
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        await body.ReadExactlyAsync(new byte[2 << 20], Token);
        read.SetResult();

        using var rest = new StreamReader(body);
        Assert.Equal("end", await rest.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task A_services_wait_is_told_and_then_kept()
    {
        await _host.SettleAsync();
        _host.Square.Chaos = new Chaos { RateLimitEvery = 1, RetryAfterSeconds = 120 };

        using var told = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");
        using var kept = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");

        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(120)), (told.StatusCode, told.Headers.RetryAfter?.Delta));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "rate_limited"), (kept.StatusCode, await ProxyHost.CodeAsync(kept)));
        Assert.InRange(kept.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 100, 120);
        Assert.False(kept.Headers.Contains("Sous-Answered-By"));
        Assert.Single(_host.Counter.TakeAsked());
    }

    [Fact]
    public async Task A_get_is_tried_again_and_a_post_is_not()
    {
        var failing = 1;
        _host.Square.Asked = request =>
        {
            var own = request.Headers.ContainsKey(Counter.Mark);
            request.Meets = own && failing-- > 0 ? new Chaos { ServerErrorEvery = 1, ServerErrorStatus = 500 } : null;
            return Task.CompletedTask;
        };
        using var content = JsonContent.Create(new { });
        using var post = await _host.AskAsync(HttpMethod.Post, $"{_host.Proxy}/v2/orders/search", content);
        Assert.Equal(HttpStatusCode.InternalServerError, post.StatusCode);
        Assert.Single(_host.Counter.TakeAsked());

        failing = 1;
        using var get = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");
        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        Assert.Equal(2, _host.Counter.TakeAsked().Count);
    }

    [Fact]
    public async Task An_expired_token_is_renewed_once_and_a_refusal_that_stays_is_no_refusal_of_the_caller()
    {
        _host.Square.ExpireAccessTokens();
        using var renewed = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");
        Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
        Assert.Equal(2, _host.Counter.TakeAsked().Count);
        Assert.Single(_host.Square.Requests, static request => request.Path == "/oauth2/token" && request.Body.Contains("refresh_token\"", StringComparison.Ordinal) && !request.Body.Contains("authorization_code", StringComparison.Ordinal));

        _host.Square.RevokeGrant();
        using var refused = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");
        Assert.Equal((HttpStatusCode.Conflict, "needs_reconnect"), (refused.StatusCode, await ProxyHost.CodeAsync(refused)));
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_in_the_wrong_place_is_refused()
    {
        using var large = new ByteArrayContent(new byte[(1 << 20) + 1]);
        using var tooLarge = await _host.AskAsync(HttpMethod.Put, $"{_host.Proxy}/v2/locations", large);
        using var small = new StringContent("x");
        using var misplaced = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations", small);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.BadRequest), (tooLarge.StatusCode, misplaced.StatusCode));
        Assert.Empty(_host.Counter.TakeAsked());
    }

    [Fact]
    public async Task An_answer_brings_no_cookie_no_redirect_and_nothing_for_a_browser()
    {
        _host.Counter.Odd = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = "/api/v1/keys";
            context.Response.Headers.SetCookie = "a=b";
            context.Response.Headers["X-Inner"] = context.Request.Headers.Authorization;
            context.Response.Headers["X-RateLimit-Remaining"] = "7";
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<script>");
        };

        using var answer = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/odd/page");

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("<script>", await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(
            ["Cache-Control", "Content-Security-Policy", "Date", "Sous-Answered-By", "Transfer-Encoding", "X-Content-Type-Options", "X-RateLimit-Remaining"],
            answer.Headers.Select(static header => header.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("attachment", "text/html"), (answer.Content.Headers.ContentDisposition?.DispositionType, answer.Content.Headers.ContentType?.MediaType));
        Assert.Single(_host.Counter.TakeAsked());
    }

    [Fact]
    public async Task What_breaks_off_is_never_whole_and_what_fails_is_a_problem_and_no_defect_of_the_driver()
    {
        var begun = new TaskCompletionSource();
        _host.Counter.Odd = async context =>
        {
            await context.Response.WriteAsync("half", Token);
            await begun.Task.WaitAsync(Token);
            context.Abort();
        };
        using var broken = await _host.AskAsync(HttpMethod.Delete, $"{_host.Proxy}/odd/half");
        begun.SetResult();
        Assert.Equal(HttpStatusCode.OK, broken.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => broken.Content.ReadAsStringAsync(Token));

        _host.Counter.Odd = static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var content = new StringContent("x");
        using var silent = await _host.AskAsync(HttpMethod.Patch, $"{_host.Proxy}/odd/none", content);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "service_unavailable"), (silent.StatusCode, await ProxyHost.CodeAsync(silent)));

        _host.Counter.Odd = static async context =>
        {
            context.Response.ContentLength = (64L << 20) + 1;
            await context.Response.Body.FlushAsync(Token);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        using var large = await _host.AskAsync(HttpMethod.Delete, $"{_host.Proxy}/odd/large");
        Assert.Equal((HttpStatusCode.BadGateway, "answer_too_large"), (large.StatusCode, await ProxyHost.CodeAsync(large)));
        Assert.Equal(0, (await _host.Worker.Admin.GetFromJsonAsync<JsonElement>("/api/v1/drivers/square", Token)).GetProperty("defects").GetArrayLength());
    }

    [Fact]
    public async Task A_refusal_of_the_services_is_none_of_the_hosts()
    {
        using var absent = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/nothing");
        _host.Counter.Odd = static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        };
        using var bare = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/odd/bare");

        Assert.Equal((HttpStatusCode.NotFound, "service"), (absent.StatusCode, absent.Headers.GetValues("Sous-Answered-By").Single()));
        Assert.Contains("errors", await absent.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, ""), (bare.StatusCode, await bare.Content.ReadAsStringAsync(Token)));
        Assert.Empty(await _host.AuditAsync());
    }

    [Fact]
    public async Task Another_tenants_connection_is_absent()
    {
        var other = await _host.MakeTenantAsync("t2");

        using var foreign = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations", key: other);
        using var moved = await _host.AskAsync(HttpMethod.Get, $"/api/v1/tenants/t2/connections/{_host.Connection}/proxy/v2/locations", key: other);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (foreign.StatusCode, moved.StatusCode));
        Assert.Empty(_host.Counter.TakeAsked());
        Assert.Equal(2, (await _host.AuditAsync()).Count);
    }

    [Fact]
    public async Task A_quarantined_driver_is_passed_by_no_more_than_it_is_asked()
    {
        Assert.True(_host.Worker.Worker.Get<DriverCatalog>().TryGet(new DriverId("square"), out var driver));
        for (var i = 0; i < 100 && _host.Worker.Worker.Get<DriverDefects>().Find(driver.Build) is null; i++)
        {
            _host.Worker.Worker.Get<DriverDefects>().TakeUnhandled(driver.Build, new InvalidOperationException());
        }

        Assert.Equal("driver_quarantined", await RefusalAsync());
        Assert.Empty(_host.Counter.TakeAsked());
    }

    [Fact]
    public async Task Of_a_HEAD_only_what_is_told_of_the_answer_comes()
    {
        _host.Counter.Odd = static context =>
        {
            context.Response.ContentLength = 12;
            context.Response.Headers.ETag = "\"x\"";
            return Task.CompletedTask;
        };

        using var answer = await _host.AskAsync(HttpMethod.Head, $"{_host.Proxy}/odd/file");

        Assert.Equal((HttpStatusCode.OK, 12, "\"x\""), (answer.StatusCode, answer.Content.Headers.ContentLength, answer.Headers.ETag?.Tag));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
        Assert.Empty(await _host.AuditAsync());
    }

    [Fact]
    public async Task A_paused_connection_and_a_frozen_tenant_call_nobody()
    {
        var connection = $"{ProxyHost.Tenant}/connections/{_host.Connection}";
        await _host.Worker.PostAsync($"{connection}/pause", new { }, HttpStatusCode.OK);
        Assert.Equal("connection_paused", await RefusalAsync());
        await _host.Worker.PostAsync($"{connection}/resume", new { }, HttpStatusCode.OK);
        _host.Counter.TakeAsked();

        await _host.Worker.PostAsync("/api/v1/emergency/freeze-tenant", new { tenant = "t1" }, HttpStatusCode.OK);
        Assert.Equal("tenant_frozen", await RefusalAsync());
        await _host.Worker.PostAsync("/api/v1/emergency/unfreeze-tenant", new { tenant = "t1" }, HttpStatusCode.OK);
        Assert.Empty(_host.Counter.TakeAsked());

        using var answer = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<string?> RefusalAsync()
    {
        using var refused = await _host.AskAsync(HttpMethod.Get, $"{_host.Proxy}/v2/locations");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        return await ProxyHost.CodeAsync(refused);
    }
}
