using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 1: whatever is not the one callback of an open request of this browser is refused, alike, and changes nothing.</summary>
public sealed class CallbackTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync(
        TestDriver.Load(TestDriver.Id), TestDriver.Load("other"), TestDriver.Load("named", a => a with { Issuer = "https://service.example" }));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Everything_that_does_not_fit_is_refused_alike_and_changes_nothing()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var good = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        var (code, state) = (Query(good)["code"].ToString(), Query(good)["state"].ToString());
        using var stranger = new Browser();
        var bad = new (Browser Browser, string Address)[]
        {
            (owner, Callback("state=nonsense&code=c")),
            (owner, Callback($"state={RandomState()}&code={code}")),
            (owner, Callback($"state={Swap(state)}&code={code}")),
            (owner, Callback($"state={state[..^1]}&code={code}")),
            (owner, Callback($"state={state}x&code={code}")),
            (owner, Callback($"state={state}&state={state}&code={code}")),
            (owner, Callback($"state={state}&code={code}&code={code}")),
            (owner, Callback($"state={state}&code={code}&error=access_denied")),
            (owner, Callback($"state={state}")),
            (owner, Callback($"state={state}&code=")),
            (owner, Callback($"code={code}")),
            (owner, Callback("")),
            (owner, Callback($"state={state}&code={code}", "other")),
            (owner, Callback($"state={state}&code={code}", "absent")),
            (stranger, good.AbsoluteUri),
            (stranger, Callback($"state={state}&error=access_denied")),
        };

        var answers = new HashSet<string>();
        foreach (var (browser, address) in bad)
        {
            using var answer = await browser.GetAsync(new Uri(address));
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            answers.Add(Shape(answer) + await answer.Content.ReadAsStringAsync(Token));
        }

        using var late = new Browser();
        var old = await StartAsync(late);
        _app.Clock.Advance(AuthorizationRequest.Life);
        session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        good = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        using (var expired = await late.GetAsync(old))
        {
            answers.Add(Shape(expired) + await expired.Content.ReadAsStringAsync(Token));
        }

        Assert.Single(answers);
        Assert.Empty(_app.Service.TokenRequests);
        using var still = await owner.GetAsync(good);
        Assert.True(still.StatusCode == HttpStatusCode.SeeOther, "The real callback still counts after all of them.");
        using var again = await owner.GetAsync(good);
        Assert.Equal(answers.Single(), Shape(again) + await again.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task After_ten_minutes_a_callback_is_late()
    {
        using var owner = new Browser();
        var callback = await StartAsync(owner);
        _app.Clock.Advance(AuthorizationRequest.Life);

        using var answer = await owner.GetAsync(callback);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_restart_between_leaving_and_coming_back_changes_nothing()
    {
        using var owner = new Browser();
        var callback = await StartAsync(owner);
        await _app.RestartAsync();

        using var answer = await owner.GetAsync(callback);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    [Fact]
    public async Task Looking_and_prefetching_consume_nothing()
    {
        using var owner = new Browser();
        var callback = await StartAsync(owner);
        using var head = await owner.SendAsync(new HttpRequestMessage(HttpMethod.Head, callback));
        using var prefetch = new HttpRequestMessage(HttpMethod.Get, callback);
        prefetch.Headers.Add("Sec-Purpose", "prefetch;prerender");
        using var prefetched = await owner.SendAsync(prefetch);
        Assert.Equal(HttpStatusCode.NoContent, prefetched.StatusCode);

        using var answer = await owner.GetAsync(callback);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    [Fact]
    public async Task Fifty_identical_callbacks_hold_one_code_and_fifty_completes_make_one_token_request()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        var id = session.GetProperty("id").GetString()!;

        var callbacks = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var answer = await owner.GetAsync(callback);
            return answer.StatusCode;
        }));
        var completes = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var answer = await _app.CompleteAsync(id, "u");
            return answer.StatusCode;
        }));

        Assert.Equal((1, 49), (callbacks.Count(s => s == HttpStatusCode.SeeOther), callbacks.Count(s => s == HttpStatusCode.BadRequest)));
        Assert.Single(_app.Service.TokenRequests);
        Assert.Contains(HttpStatusCode.OK, completes);
        Assert.Single((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("https://service.example", true)]
    [InlineData("https://service.example/", false)]
    [InlineData("https://evil.example", false)]
    [InlineData(null, false)]
    public async Task Where_a_service_names_itself_the_name_must_be_right(string? issuer, bool accepted)
    {
        using var owner = new Browser();
        var callback = await StartAsync(owner, "named");
        var address = issuer is null ? callback.AbsoluteUri : QueryHelpers.AddQueryString(callback.AbsoluteUri, "iss", issuer);

        using var answer = await owner.GetAsync(new Uri(address));

        Assert.Equal(accepted ? HttpStatusCode.SeeOther : HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("named", "iss=https://service.example&iss=https://service.example")]
    [InlineData("named", "iss=https://service.example&iss=https://evil.example")]
    [InlineData("named", "iss=https://SERVICE.example")]
    [InlineData("named", "iss=https://service.example%20")]
    [InlineData("named", "iss=")]
    [InlineData(TestDriver.Id, "iss=https://evil.example")]
    [InlineData(TestDriver.Id, "iss=nonsense")]
    [InlineData(TestDriver.Id, "iss=")]
    [InlineData(TestDriver.Id, "iss=https://evil.example&iss=https://evil.example")]
    public async Task An_answer_in_another_name_or_in_two_is_refused_and_the_real_one_still_counts(string driver, string named)
    {
        using var owner = new Browser();
        var callback = await StartAsync(owner, driver);

        using var refused = await owner.GetAsync(new Uri($"{callback.AbsoluteUri}&{named}"));
        using var real = await owner.GetAsync(driver == "named" ? new Uri($"{callback.AbsoluteUri}&iss=https://service.example") : callback);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.SeeOther), (refused.StatusCode, real.StatusCode));
        Assert.Empty(_app.Service.TokenRequests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("realms/one")]
    public async Task A_service_that_begins_to_name_itself_breaks_nothing(string path)
    {
        using var owner = new Browser();
        var callback = await StartAsync(owner);

        using var answer = await owner.GetAsync(new Uri(QueryHelpers.AddQueryString(callback.AbsoluteUri, "iss", new Uri(_app.Service.Address, path).AbsoluteUri)));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    [Fact]
    public async Task A_manifest_that_changes_while_the_owner_is_away_changes_nothing_for_that_owner()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);

        _app.Replace(TestDriver.Load(TestDriver.Id, a => a with { TokenAddress = new Uri("https://service.example/other-token"), Issuer = "https://evil.example", Scopes = ["EVERYTHING"] }));
        using var held = await owner.GetAsync(callback);
        using var completed = await _app.CompleteAsync(session.GetProperty("id").GetString()!, "u");
        var view = await completed.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal((HttpStatusCode.SeeOther, HttpStatusCode.OK), (held.StatusCode, completed.StatusCode));
        Assert.Single(_app.Service.TokenRequests);
        Assert.Equal(["READ_SALES", "READ_MENU"], view.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()!));
    }

    [Fact]
    public async Task A_code_is_never_sent_to_another_service_than_the_one_that_gave_it()
    {
        await using var elsewhere = await ServiceDouble.StartAsync();
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);

        _app.Settings["Clients:test_service:AuthUrl"] = elsewhere.Address.AbsoluteUri;
        await _app.RestartAsync();
        using var held = await owner.GetAsync(callback);
        using var completed = await _app.CompleteAsync(session.GetProperty("id").GetString()!, "u");

        Assert.Equal((HttpStatusCode.SeeOther, HttpStatusCode.Conflict), (held.StatusCode, completed.StatusCode));
        Assert.Empty(elsewhere.TokenRequests);
    }

    [Fact]
    public async Task Of_two_buttons_pressed_only_the_newer_counts()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var older = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        var newer = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);

        using var refused = await owner.GetAsync(older);
        using var held = await owner.GetAsync(newer);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.SeeOther), (refused.StatusCode, held.StatusCode));
    }

    [Theory]
    [InlineData("access_denied", "denied", "did not agree")]
    [InlineData("server_error", "failed", "did not work")]
    public async Task A_no_at_the_service_is_told_and_stored_and_its_words_are_not_shown(string error, string status, string told)
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        var address = Callback($"state={Query(callback)["state"]}&error={error}&error_description=%3Cscript%3Ealert(1)%3C/script%3E");

        using var answer = await owner.GetAsync(new Uri(address));
        var page = await answer.Content.ReadAsStringAsync(Token);

        Assert.Contains(told, page, StringComparison.Ordinal);
        Assert.DoesNotContain("alert", page, StringComparison.Ordinal);
        Assert.Equal(status, (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session.GetProperty("id").GetString()}")).GetProperty("status").GetString());
        using var replay = await owner.GetAsync(callback);
        Assert.Equal(HttpStatusCode.BadRequest, replay.StatusCode);
    }

    private async Task<Uri> StartAsync(Browser owner, string driver = TestDriver.Id)
    {
        var session = await _app.CreateSessionAsync(new { driver, initiator = "u" });
        return await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
    }

    private string Callback(string query, string driver = TestDriver.Id) => $"{_app.Address}/oauth/callback/{driver}?{query}";

    private static Dictionary<string, Microsoft.Extensions.Primitives.StringValues> Query(Uri address) => QueryHelpers.ParseQuery(address.Query);

    private static string RandomState() => $"{RandomText.Secret()}.{RandomText.Secret()}";

    /// <summary>The same letters in the other case: not the same state.</summary>
    private static string Swap(string state) => new([.. state.Select(c => char.IsLower(c) ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c))]);

    private static string Shape(HttpResponseMessage answer)
        => string.Join('|', answer.Headers.Where(h => h.Key != "Date").Select(h => $"{h.Key}={string.Join(',', h.Value)}"));
}
