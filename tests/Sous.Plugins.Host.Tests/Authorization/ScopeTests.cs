using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Fewer scopes than were asked for are recorded and shown; more are refused.</summary>
public sealed class ScopeTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync(
        TestDriver.Load(TestDriver.Id), TestDriver.Load("scopeless", a => a with { Scopes = [] }));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData(null, "READ_SALES,READ_MENU", "")]
    [InlineData("READ_MENU READ_SALES", "READ_SALES,READ_MENU", "")]
    [InlineData("READ_SALES READ_SALES", "READ_SALES", "READ_MENU")]
    [InlineData("READ_MENU", "READ_MENU", "READ_SALES")]
    public async Task What_is_granted_and_what_is_missing_is_shown_and_told(string? told, string granted, string missing)
    {
        _app.Service.Scope = told;
        var connection = await _app.ConnectAsync();

        var view = await _app.GetAsync($"/api/v1/tenants/t1/connections/{connection.Id}");
        Assert.Equal((granted, missing, "ok"), (List(view, "scopes"), List(view, "missingScopes"), view.GetProperty("status").GetString()));
        var narrowed = await _app.EventsAsync("connection.scopes_narrowed");
        Assert.Equal(missing, missing.Length == 0 ? string.Concat(narrowed) : List(Assert.Single(narrowed), "missingScopes"));
    }

    [Fact]
    public async Task The_owner_is_told_what_will_not_work()
    {
        _app.Service.Scope = "READ_SALES";
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, completion = "automatic" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        using var answer = await owner.GetAsync(callback);
        using var end = await owner.GetAsync(new Uri(callback, answer.Headers.Location!));

        Assert.Contains("READ_MENU", await end.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("READ_SALES READ_MENU DELETE_EVERYTHING")]
    [InlineData("read_sales READ_MENU")]
    public async Task More_than_was_asked_for_is_given_back(string told)
    {
        _app.Service.Scope = told;
        var (session, _) = await _app.ConsentAsync();

        using var refused = await _app.CompleteAsync(session);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        await _app.SettleAsync();

        Assert.Equal((HttpStatusCode.Conflict, "scopes_wider"), (refused.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Equal(_app.Service.RefreshToken, Assert.Single(_app.Service.RevokeRequests)["token"]);
        Assert.Empty((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
        var failed = Assert.Single(await _app.EventsAsync("connect_session.failed"));
        Assert.Contains("more than was asked for", failed.GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("DELETE_EVERYTHING", failed.ToString() + problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_was_asked_for_on_a_reconnect_leaves_the_old_grant_alone()
    {
        var connection = await _app.ConnectAsync();
        var before = await _app.Get<CredentialStore>().FindAsync(connection.Id, Token);
        _app.Service.Scope = "READ_SALES READ_MENU DELETE_EVERYTHING";

        using var refused = await _app.CompleteAsync(await _app.ConsentAgainAsync(connection.Id));
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(before, await _app.Get<CredentialStore>().FindAsync(connection.Id, Token));
        Assert.Empty(_app.Service.RevokeRequests);
    }

    [Fact]
    public async Task Where_nothing_is_asked_for_what_the_service_tells_is_recorded()
    {
        _app.Service.Scope = "ANYTHING";
        var connection = await _app.ConnectAsync("scopeless");

        Assert.Equal(["ANYTHING"], connection.Scopes);
        Assert.Empty(connection.MissingScopes);
    }

    [Fact]
    public async Task A_refresh_that_narrows_is_recorded_and_told_and_one_that_widens_keeps_its_tokens_and_no_more_than_was_granted()
    {
        var connection = await _app.ConnectAsync();
        await RefreshAsync(connection.Id, "READ_SALES");
        var narrow = await _app.GetAsync($"/api/v1/tenants/t1/connections/{connection.Id}");
        Assert.Equal(("READ_SALES", "READ_MENU"), (List(narrow, "scopes"), List(narrow, "missingScopes")));
        Assert.Single(await _app.EventsAsync("connection.scopes_narrowed"));

        await RefreshAsync(connection.Id, null);
        Assert.Single(await _app.EventsAsync("connection.scopes_narrowed"));

        await RefreshAsync(connection.Id, "READ_SALES READ_MENU DELETE_EVERYTHING");
        var wide = await _app.GetAsync($"/api/v1/tenants/t1/connections/{connection.Id}");
        Assert.Equal(("READ_SALES,READ_MENU", "", "ok"), (List(wide, "scopes"), List(wide, "missingScopes"), wide.GetProperty("status").GetString()));
        Assert.Equal(4, (await _app.Get<CredentialStore>().FindAsync(connection.Id, Token))!.Version);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_scope_that_asks_for_a_refresh_token_is_granted_by_one(bool given, bool granted)
    {
        var tokens = new TokenSet(new Secret("a"), given ? new Secret("r") : null, DateTimeOffset.MaxValue, ["sales"], null);

        Assert.Equal(granted, GrantedScopes.Of(["sales", "offline_access"], tokens).Granted.Contains("offline_access"));
    }

    private async Task RefreshAsync(ConnectionId id, string? scope)
    {
        _app.Service.Scope = scope;
        var version = (await _app.Get<CredentialStore>().FindAsync(id, Token))!.Version;
        Assert.NotNull((await _app.Get<CredentialRefresher>().RefreshAsync(id, version, Urgency.Live, Token)).Credential);
    }

    private static string List(JsonElement element, string name) => string.Join(',', element.GetProperty(name).EnumerateArray().Select(scope => scope.GetString()));
}
