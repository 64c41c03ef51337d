using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 1b: nothing is redeemed before the platform names the user who started, in time.</summary>
public sealed class CompletionTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync([("ConnectLimits:SessionsPerMinute", "100")]);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("user-2")]
    [InlineData("USER-1")]
    [InlineData(null)]
    public async Task Another_user_than_the_one_who_started_destroys_the_code(string? other)
    {
        var (session, _) = await _app.ConsentAsync("user-1");

        using var refused = await _app.CompleteAsync(session, other);
        using var tooLate = await _app.CompleteAsync(session, "user-1");

        Assert.Equal((HttpStatusCode.Conflict, "initiator_mismatch"), (refused.StatusCode, await CodeAsync(refused)));
        Assert.Equal((HttpStatusCode.Conflict, "not_held"), (tooLate.StatusCode, await CodeAsync(tooLate)));
        Assert.Empty(_app.Service.TokenRequests);
        Assert.Null((await StoredAsync(session)).Held);
    }

    [Fact]
    public async Task A_wrong_completion_destroys_the_code_too()
    {
        var (session, _) = await _app.ConsentAsync();

        using var refused = await _app.Admin.PostAsJsonAsync(
            $"/api/v1/tenants/t1/connect-sessions/{session}/complete", new { initiator = "user-1", completion = "guessed" }, Token);

        Assert.Equal("initiator_mismatch", await CodeAsync(refused));
        Assert.Empty(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task Another_tenants_session_is_not_there()
    {
        var (session, _) = await _app.ConsentAsync();

        using var foreign = await _app.CompleteAsync(session, tenant: "t2");
        using var own = await _app.CompleteAsync(session);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (foreign.StatusCode, own.StatusCode));
    }

    [Fact]
    public async Task A_code_that_nobody_confirms_within_five_minutes_is_destroyed()
    {
        var (session, _) = await _app.ConsentAsync();
        _app.Clock.Advance(TimeSpan.FromMinutes(5));

        using var late = await _app.CompleteAsync(session);
        await AuthorizationApp.EventuallyAsync(async () => (await StoredAsync(session)) is { Status: ConnectSessionStatus.Abandoned, Held: null });

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Equal("abandoned", (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session}")).GetProperty("status").GetString());
        Assert.Empty(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task Completing_again_answers_the_same_connection()
    {
        var (session, _) = await _app.ConsentAsync();
        using var first = await _app.CompleteAsync(session);
        using var second = await _app.CompleteAsync(session);
        using var other = await _app.CompleteAsync(session, "user-2");

        Assert.Equal(await IdAsync(first), await IdAsync(second));
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Single(_app.Service.TokenRequests);
    }

    [Fact]
    public async Task A_service_that_is_unwell_leaves_the_code_to_try_again()
    {
        var (session, _) = await _app.ConsentAsync();
        _app.Service.OddTokens = context => ServiceDouble.JsonAsync(context, 503, "{}");
        using var unwell = await _app.CompleteAsync(session);
        _app.Service.OddTokens = null;
        using var well = await _app.CompleteAsync(session);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (unwell.StatusCode, well.StatusCode));
    }

    [Fact]
    public async Task A_service_that_refuses_the_code_ends_the_session()
    {
        var (session, _) = await _app.ConsentAsync();
        _app.Service.OddTokens = context => ServiceDouble.JsonAsync(context, 400, """{"error":"invalid_grant"}""");

        using var refused = await _app.CompleteAsync(session);

        Assert.Equal((HttpStatusCode.Conflict, "code_refused"), (refused.StatusCode, await CodeAsync(refused)));
        Assert.Equal(ConnectSessionStatus.Failed, (await StoredAsync(session)).Status);
    }

    [Fact]
    public async Task Automatic_completion_redeems_at_once_and_tells_the_owner()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, completion = "automatic" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        using var answer = await owner.GetAsync(callback);
        using var end = await owner.GetAsync(new Uri(callback, answer.Headers.Location!));

        Assert.Contains("is linked", await end.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("completed", (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session.GetProperty("id").GetString()}")).GetProperty("status").GetString());
        Assert.Single((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("{\"driver\":\"absent\"}", 400, "driver")]
    [InlineData("{}", 400, "driver")]
    [InlineData("{\"driver\":\"test-service\",\"returnTo\":\"//evil.example\"}", 400, "returnTo")]
    [InlineData("{\"driver\":\"test-service\",\"returnTo\":\"http://127.0.0.1:9/back\"}", 400, "returnTo")]
    [InlineData("{\"driver\":\"test-service\",\"settings\":7}", 400, "settings")]
    [InlineData("{\"driver\":\"test-service\",\"initiator\":\"\"}", 400, "initiator")]
    public async Task Bad_input_names_the_field(string body, int status, string field)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await _app.Admin.PostAsync("/api/v1/tenants/t1/connect-sessions", content, Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.True((await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task An_owner_is_sent_back_to_a_registered_address_by_its_id_and_nowhere_else()
    {
        const string Home = AuthorizationApp.ReturnAddress;
        string[] wishes =
        [
            "", " ", "home ", " home", "Home", "HOME", "home/", "home#", "home?x=1", "home\0", "home\r\nLocation: https://evil.example", "homе", "ｈome", "home\t",
            "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/", "/evil", "\\evil", "..", "../home", "https:evil.example", "https:/evil.example",
            "https://evil.example", "HTTPS://EVIL.EXAMPLE", "http://127.0.0.1:9@evil.example/back", "https://127.0.0.1:9.evil.example/back", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
            "data:text/html,x", "vbscript:x", "file:///etc/passwd", "%2F%2Fevil.example", "%0d%0aLocation:%20https://evil.example", "https://evil.example%00.127.0.0.1", "http://[::1]@evil.example", "https://еxample.com",
            Home, Home + "#@evil.example", "http://127.0.0.1:9/back", new string('h', 100_000),
        ];

        var taken = new List<string>();
        foreach (var wish in wishes)
        {
            using var response = await _app.Admin.PostAsJsonAsync("/api/v1/tenants/t1/connect-sessions", new { driver = TestDriver.Id, returnTo = wish }, Token);
            taken.AddRange(response.StatusCode == HttpStatusCode.BadRequest ? [] : [wish]);
        }

        Assert.True(wishes.Length >= 40);
        Assert.Empty(taken);
        var (_, landed) = await _app.ConsentAsync();
        Assert.StartsWith(Home + "&session=", landed.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_client_registration_says_what_to_set_and_stops_nothing_else()
    {
        _app.Settings.Remove("Clients:test_service:ClientSecret");
        await _app.RestartAsync();

        using var refused = await _app.Admin.PostAsJsonAsync("/api/v1/tenants/t1/connect-sessions", new { driver = TestDriver.Id }, Token);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal((HttpStatusCode.Conflict, "client_missing"), (refused.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Contains("SOUS_Clients__test_service__ClientSecret", problem.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        await _app.CreateSessionAsync(new { driver = "other" });
    }

    private async Task<ConnectSession> StoredAsync(string session) => (await _app.Get<IRegistry>().FindAsync(ConnectSession.Collection, session, Token))!;

    private static async Task<string?> CodeAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();

    private static async Task<string?> IdAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString();
}
