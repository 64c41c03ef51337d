using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariants 2, 3, 5 and 6, against an authorization server that nobody here wrote, by drivers out of their folders.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class OAuthServerTests : IAsyncLifetime
{
    private readonly PluginsTree _tree = new();
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private OAuthServer Server => _app.Server;

    public async ValueTask InitializeAsync()
    {
        _tree.Add("Rotating");
        _tree.Add("RotatingBasic");
        _tree.List(PluginsTree.Entry("rotating", "Rotating"), PluginsTree.Entry("rotating-basic", "RotatingBasic"));
        var catalog = await _tree.LoadAsync();
        LoadedDriver[] drivers = [PluginsTree.Get(catalog, "rotating"), PluginsTree.Get(catalog, "rotating-basic")];
        _app = await AuthorizationApp.StartAsync(new OAuthServerOptions(), drivers);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("rotating", "body")]
    [InlineData("rotating-basic", "basic")]
    public async Task An_owner_connects_tokens_rotate_and_a_disconnect_revokes(string driver, string clientAuthentication)
    {
        var connection = await _app.ConnectAsync(driver);
        await ProbeAsync(connection, expected: true);
        var first = await SecretsAsync(connection);
        _app.Clock.Advance(TimeSpan.FromHours(2));

        await ProbeAsync(connection, expected: true);
        var second = await SecretsAsync(connection);
        using var deleted = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{connection.Id}", Token);
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(connection.Id) == "revoked");

        Assert.NotEqual(first.RefreshToken!.Value.Reveal(), second.RefreshToken!.Value.Reveal());
        Assert.Equal(["authorization_code", "refresh_token"], Server.Tokens.Calls.Select(call => call.Grant));
        Assert.All(Server.Tokens.Calls, call => Assert.Equal((true, "account-1", clientAuthentication), (call.Granted, call.Account, call.ClientAuthentication)));
        Assert.Equal(HttpStatusCode.BadRequest, await SpendAsync(second.RefreshToken!.Value));
    }

    [Fact]
    public async Task A_refresh_token_that_is_used_again_kills_its_family_at_the_service_and_the_owner_must_act()
    {
        var connection = await _app.ConnectAsync("rotating");
        var stolen = (await SecretsAsync(connection)).RefreshToken!.Value;
        _app.Clock.Advance(TimeSpan.FromHours(2));
        await ProbeAsync(connection, expected: true);
        Assert.Equal(0, Server.Tokens.Reuses);

        Assert.Equal(HttpStatusCode.BadRequest, await SpendAsync(stolen));

        Assert.Equal(1, Server.Tokens.Reuses);
        await ProbeAsync(connection, expected: false);
        Assert.Equal("needs_reconnect", await _app.StatusOfAsync(connection.Id));
    }

    [Fact]
    public async Task Two_hundred_probes_at_once_on_an_expired_token_spend_one_refresh_token_and_all_answer()
    {
        var connection = await _app.ConnectAsync("rotating");
        await Server.EndAccessTokensAsync(Token);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => ProbeAsync(connection, expected: true))));

        Assert.All(answers, answer => Assert.Equal("account-1", answer.GetProperty("account").GetProperty("accountId").GetString()));
        Assert.Single(Server.Tokens.Refreshes);
        Assert.Equal(0, Server.Tokens.Reuses);
    }

    [Fact]
    public async Task An_owner_who_withdraws_at_the_service_is_asked_to_reconnect_and_the_connection_lives_on()
    {
        var connection = await _app.ConnectAsync("rotating");
        await Server.WithdrawAsync("account-1", Token);
        await ProbeAsync(connection, expected: false);
        Assert.Equal("needs_reconnect", await _app.StatusOfAsync(connection.Id));

        using var again = await _app.Admin.PostAsJsonAsync($"/api/v1/tenants/t1/connections/{connection.Id}/reconnect", new { initiator = "user-1", returnTo = "home" }, Token);
        var session = await again.Content.ReadFromJsonAsync<JsonElement>(Token);
        await AuthorizationApp.ConsentAsync(session);
        using var completed = await _app.CompleteAsync(session.GetProperty("id").GetString()!);

        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        await ProbeAsync(connection, expected: true);
        Assert.Equal("ok", await _app.StatusOfAsync(connection.Id));
    }

    [Fact]
    public async Task Tokens_that_die_amid_the_pages_of_a_listing_cost_a_refresh_each_and_no_page()
    {
        var connection = await _app.ConnectAsync("rotating");
        Server.OddApi = async context =>
        {
            if (context.Request.Query["page"].ToString() is "5" or "6" or "15")
            {
                await Server.EndAccessTokensAsync(Token);
            }

            return false;
        };

        var items = await ListAsync(connection);

        Assert.Equal(Enumerable.Range(1, OAuthServer.Pages).Select(page => $"item-{page}"), items);
        Assert.Equal(3, Server.Tokens.Refreshes.Count());
        Assert.Equal(0, Server.Tokens.Reuses);
    }

    [Fact]
    public async Task A_service_that_refuses_every_token_for_ever_costs_few_refreshes_and_not_the_grant()
    {
        var connection = await _app.ConnectAsync("rotating");
        await AuthorizationApp.EventuallyAsync(async () => (await _app.GetAsync($"/api/v1/tenants/t1/connections/{connection.Id}")).TryGetProperty("accountId", out _));
        var asked = 0;
        Server.OddApi = context =>
        {
            asked++;
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.FromResult(true);
        };

        await ProbeAsync(connection, expected: false);
        Assert.Equal((2, 1), (asked, Server.Tokens.Refreshes.Count()));
        for (var minute = 0; minute < 60; minute++)
        {
            await ProbeAsync(connection, expected: false);
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        // One in each of the first minutes, and then after waits that double.
        Assert.InRange(Server.Tokens.Refreshes.Count(), 5, 10);
        Assert.Equal("needs_attention", await _app.StatusOfAsync(connection.Id));

        Server.OddApi = null;
        await ProbeAsync(connection, expected: true);
        Assert.Equal("ok", await _app.StatusOfAsync(connection.Id));
    }

    private async Task<List<string>> ListAsync(Connection connection)
    {
        var driver = _app.Get<DriverLookup>()(connection.Driver)!;
        await using var session = _app.Get<DriverSessions>().Open(driver, connection, _app.Get<ConnectionAuthorization>().CreateHandler(connection), CallPriority.Live);
        var items = new List<string>();
        await foreach (var page in ((IPosDriver)session.Driver).FetchCatalogAsync(new CatalogRequest(), Token))
        {
            items.AddRange(page.Changes.Select(change => change.Id));
        }

        return items;
    }

    private async Task<JsonElement> ProbeAsync(Connection connection, bool expected)
    {
        using var response = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{connection.Id}/probe", null, Token);
        var end = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(end.GetProperty("ok").GetBoolean() == expected, end.ToString());
        return end;
    }

    private async Task<CredentialSecrets> SecretsAsync(Connection connection)
    {
        var store = _app.Get<CredentialStore>();
        return await store.RevealAsync((await store.FindAsync(connection.Id, Token))!, Token);
    }

    /// <summary>What anybody who has the refresh token and our client's secret would do.</summary>
    private async Task<HttpStatusCode> SpendAsync(Secret refreshToken)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"),
            new("refresh_token", refreshToken.Reveal()),
            new("client_id", OAuthServer.ClientId),
            new("client_secret", OAuthServer.ClientSecret),
        ]);
        using var response = await http.PostAsync(new Uri(Server.Address, "token"), form, Token);
        return response.StatusCode;
    }
}
