using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Authorization servers that attack, or are broken: no code goes where it does not belong, and no answer is taken for more than it is.</summary>
public sealed class HostileServiceTests(HostileServiceTests.Fixture fixture) : IClassFixture<HostileServiceTests.Fixture>
{
    private const string Attacker = "attacker";

    private readonly AuthorizationApp _app = fixture.App;
    private readonly HostileService _hostile = fixture.Hostile;

    public static TheoryData<string> OddAnswers => [.. OddAnswer.All.Keys];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_sends_the_owner_on_to_another_service_gets_no_code_of_it()
    {
        _hostile.Requests.Clear();
        // The attacker's service answers its own authorization request by a request to the honest one, with our state for the attacker's.
        using var owner = new Browser();
        var attackers = await PressAsync(owner, Attacker);
        var honest = await PressAsync(owner, TestDriver.Id);
        var mixed = QueryHelpers.AddQueryString(
            honest.GetLeftPart(UriPartial.Path),
            QueryHelpers.ParseQuery(honest.Query).ToDictionary(static pair => pair.Key, pair => (string?)(pair.Key == "state" ? State(attackers) : pair.Value.ToString())));
        var code = _app.Service.IssueCode(QueryHelpers.ParseQuery(new Uri(mixed).Query)["code_challenge"]);

        // The honest service answers at the address registered for it, whoever made the request.
        using var answer = await owner.GetAsync(new Uri($"{_app.Address}/oauth/callback/{TestDriver.Id}?code={code}&state={State(attackers)}"));
        // And the attacker tries the code at its own address, with the state that is the honest one's.
        using var other = await owner.GetAsync(new Uri($"{_app.Address}/oauth/callback/{Attacker}?code={code}&state={State(honest)}"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (answer.StatusCode, other.StatusCode));
        Assert.Empty(_hostile.Requests);
        Assert.Empty(_app.Service.TokenRequests);
    }

    [Theory]
    [MemberData(nameof(OddAnswers))]
    public async Task A_code_is_answered_oddly(string odd)
    {
        var (worth, answer) = OddAnswer.All[odd];
        _hostile.Answer = answer;
        var session = await ConsentAsync();
        var before = await CountConnectionsAsync();
        _hostile.Requests.Clear();

        using var completed = await _app.CompleteAsync(session);

        Assert.Single(_hostile.Requests);
        Assert.Equal(worth == OddAnswer.Worth.Tokens ? before + 1 : before, await CountConnectionsAsync());
        Assert.Equal(
            worth switch
            {
                OddAnswer.Worth.Tokens => HttpStatusCode.OK,
                OddAnswer.Worth.Nothing => HttpStatusCode.ServiceUnavailable,
                _ => HttpStatusCode.Conflict,
            },
            completed.StatusCode);
    }

    [Theory]
    [MemberData(nameof(OddAnswers))]
    public async Task A_refresh_is_answered_oddly(string odd)
    {
        var (worth, answer) = OddAnswer.All[odd];
        _hostile.Answer = OddAnswer.All["usual"].Answer;
        var session = await ConsentAsync();
        using var completed = await _app.CompleteAsync(session);
        var id = new ConnectionId(JsonElement.Parse(await completed.Content.ReadAsStringAsync(Token)).GetProperty("id").GetString()!);
        var before = (await _app.Get<CredentialStore>().FindAsync(id, Token))!;
        _hostile.Answer = answer;
        _hostile.Requests.Clear();

        // Another case's 429 pauses the whole registration for 10 s.
        _app.Clock.Advance(TimeSpan.FromSeconds(10));
        await _app.Get<CredentialRefresher>().RefreshAsync(id, before.Version, Urgency.Live, Token);

        var after = (await _app.Get<CredentialStore>().FindAsync(id, Token))!;
        Assert.Equal(worth == OddAnswer.Worth.Tokens ? before.Version + 1 : before.Version, after.Version);
        Assert.Equal("r", (await _app.Get<CredentialStore>().RevealAsync(after, Token)).RefreshToken!.Value.Reveal());
        Assert.Equal(worth == OddAnswer.Worth.GrantGone, await _app.StatusOfAsync(id) == "needs_reconnect");
        Assert.DoesNotContain(_hostile.Requests, static request => request.Contains("/elsewhere", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_travels_in_the_authorization_header_and_in_no_address()
    {
        _hostile.Answer = static context => HostileService.JsonAsync(context, 200, """{"access_token":"access-SOUSCANARY","refresh_token":"refresh-SOUSCANARY"}""");
        _hostile.Requests.Clear();
        using var completed = await _app.CompleteAsync(await ConsentAsync());
        var id = JsonElement.Parse(await completed.Content.ReadAsStringAsync(Token)).GetProperty("id").GetString();
        using var _ = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{id}/probe", null, Token);
        using var __ = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{id}", Token);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(_hostile.Requests.Any(static request => request.StartsWith("POST /revoke", StringComparison.Ordinal))));

        Assert.Contains(_hostile.ApiRequests, static request => request.Contains("Authorization: Bearer access-SOUSCANARY\n", StringComparison.Ordinal));
        Assert.All(_hostile.Requests.Concat(_hostile.ApiRequests), static request => Assert.DoesNotContain("SOUSCANARY", request[..request.IndexOf('\n', StringComparison.Ordinal)], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_from_the_revocation_endpoint_is_not_followed(int status)
    {
        await using var elsewhere = await HostileService.StartAsync();
        using var completed = await CompleteUsuallyAsync();
        var id = JsonElement.Parse(await completed.Content.ReadAsStringAsync(Token)).GetProperty("id").GetString();
        _hostile.Answer = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Address.AbsoluteUri;
            return Task.CompletedTask;
        };

        using var _ = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{id}", Token);
        await AuthorizationApp.EventuallyAsync(async () => (await _app.GetAsync($"/api/v1/tenants/t1/connections/{id}")).TryGetProperty("cause", out var cause)
            && cause.GetString()!.Contains($"{status}", StringComparison.Ordinal));

        Assert.Equal("revoking", await _app.StatusOfAsync(new ConnectionId(id!)));
        Assert.Empty(elsewhere.Requests);
    }

    private async Task<int> CountConnectionsAsync() => (await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").GetArrayLength();

    private async Task<HttpResponseMessage> CompleteUsuallyAsync()
    {
        _hostile.Answer = OddAnswer.All["usual"].Answer;
        return await _app.CompleteAsync(await ConsentAsync());
    }

    /// <returns>A session whose code is held; the hostile service has not been asked yet.</returns>
    private async Task<string> ConsentAsync()
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = Attacker, initiator = "user-1" });
        var authorize = await owner.PressAsync(session.GetProperty("url").GetString()!);
        using var held = await owner.GetAsync(new Uri($"{_app.Address}/oauth/callback/{Attacker}?code=c&state={State(authorize)}"));
        Assert.Equal(HttpStatusCode.SeeOther, held.StatusCode);
        return session.GetProperty("id").GetString()!;
    }

    private async Task<Uri> PressAsync(Browser owner, string driver)
        => await owner.PressAsync((await _app.CreateSessionAsync(new { driver, initiator = "user-1" })).GetProperty("url").GetString()!);

    private static string State(Uri authorize) => QueryHelpers.ParseQuery(authorize.Query)["state"].ToString();

    /// <summary>Keeps to RFC 6749 in all of its messages.</summary>
    private static Host.Drivers.LoadedDriver Standard(string id) => TestDriver.Load(id, static a => a with { Scopes = [] }) with { Factory = new TestDriver.Plain() };

    /// <summary>One host and one hostile service for all of the class: each test leaves sessions and connections, and counts its own.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal AuthorizationApp App { get; private set; } = null!;

        internal HostileService Hostile { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Hostile = await HostileService.StartAsync();
            App = await AuthorizationApp.StartAsync(
                [
                    ($"Clients:{Attacker}:AuthUrl", Hostile.Address.AbsoluteUri),
                    ($"Clients:{Attacker}:ApiUrl", Hostile.Address.AbsoluteUri),
                    ("ConnectLimits:SessionsPerMinute", "10000"),
                    ("ConnectLimits:OpenSessions", "10000"),
                    ("ConnectLimits:PagesPerMinute", "10000"),
                    ("ConnectLimits:CallbacksPerMinute", "10000"),
                ],
                Standard(TestDriver.Id),
                Standard(Attacker));
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await Hostile.DisposeAsync();
        }
    }
}
