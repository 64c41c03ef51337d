using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 6: reconnect keeps the connection, and takes no other account.</summary>
public sealed class ReconnectTests : IAsyncLifetime
{
    private const string Silent = "silent";

    private AuthorizationApp _app = null!;
    private Connection _connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync(TestDriver.Load(TestDriver.Id), TestDriver.Load(Silent, tellsAccount: false));
        _connection = await _app.ConnectAsync();
        await _app.Get<ConnectionStore>().MarkNeedsReconnectAsync(_connection.Id, "sales", "The service says that the grant is gone.", null, Token);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task The_owner_reconnects_and_it_is_the_same_connection_with_new_tokens()
    {
        using var answer = await ReconnectAsync();
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        var credential = (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!;
        var secrets = await _app.Get<CredentialStore>().RevealAsync(credential, Token);

        Assert.Equal((HttpStatusCode.OK, _connection.Id.Value, "ok"), (answer.StatusCode, view.GetProperty("id").GetString(), view.GetProperty("status").GetString()));
        Assert.Equal((2, _app.Service.RefreshToken), (credential.Version, secrets.RefreshToken!.Value.Reveal()));
        Assert.Single((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("account-1", HttpStatusCode.OK)]
    [InlineData("account-2", HttpStatusCode.Conflict)]
    public async Task Where_answers_tell_no_account_the_service_is_asked_whose_it_is(string account, HttpStatusCode expected)
    {
        var connection = await _app.ConnectAsync(Silent);
        await AuthorizationApp.EventuallyAsync(async () => (await _app.Get<ConnectionStore>().FindAsync(connection.Id, Token))!.AccountId is not null);
        _app.Service.Account = account;

        using var answer = await ReconnectAsync(connection.Id);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task A_host_that_was_killed_while_it_redeemed_says_so_at_its_next_start_and_the_connection_is_as_before()
    {
        var registry = _app.Get<IRegistry>();
        var (session, _) = await _app.ConsentAsync();
        var stored = (await registry.FindAsync(ConnectSession.Collection, session, Token))!;
        await registry.WriteAsync(t => t.Put(ConnectSession.Collection, stored with { Status = ConnectSessionStatus.Redeeming, Connection = _connection.Id }), Token);

        await _app.RestartAsync();

        var view = await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session}");
        Assert.Equal(("failed", "The host stopped while the code was redeemed."), (view.GetProperty("status").GetString(), view.GetProperty("cause").GetString()));
        Assert.Equal("needs_reconnect", await _app.StatusOfAsync(_connection.Id));
    }

    [Fact]
    public async Task A_session_that_was_ended_while_its_code_was_redeemed_keeps_nothing_and_gives_the_grant_back()
    {
        var (session, _) = await _app.ConsentAsync();
        _app.Service.OddTokens = async _ =>
        {
            await _app.Get<SessionEnds>().EndAsync(open => open.Id == session, "The tenant was removed.", Token);
            return false;
        };

        using var refused = await _app.CompleteAsync(session);
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Single(await _app.Get<IRegistry>().ListAsync(Credential.Collection, "", Token));
        Assert.Single((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
        Assert.Equal("failed", (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session}")).GetProperty("status").GetString());
    }

    private async Task<HttpResponseMessage> ReconnectAsync(ConnectionId? id = null)
        => await _app.CompleteAsync(await _app.ConsentAgainAsync(id ?? _connection.Id));
}
