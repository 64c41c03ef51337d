using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Authorization;
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

    [Fact]
    public async Task Another_account_is_refused_and_its_tokens_are_withdrawn()
    {
        var before = (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!;
        _app.Service.Account = "account-2";

        using var refused = await ReconnectAsync();
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        await AuthorizationApp.EventuallyAsync(async () => (await _app.Get<IRegistry>().ListAsync(Revocation.Collection, "", Token)).Count == 0);

        Assert.Equal((HttpStatusCode.Conflict, "another_account"), (refused.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Equal(_app.Service.RefreshToken, Assert.Single(_app.Service.RevokeRequests)["token"]);
        Assert.Equal(before, await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token));
        Assert.Single(await _app.Get<IRegistry>().ListAsync(Credential.Collection, "", Token));
        Assert.Equal("needs_reconnect", await _app.StatusOfAsync(_connection.Id));
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
    public async Task A_host_that_was_killed_between_the_credential_and_the_connection_finishes_at_its_next_start()
    {
        var (session, _) = await _app.ConsentAsync();
        var registry = _app.Get<IRegistry>();
        var stored = (await registry.FindAsync(ConnectSession.Collection, session, Token))!;
        var id = ConnectionId.New();
        await _app.Get<CredentialStore>().SaveAsync(
            new CredentialMaterial
            {
                Connection = id,
                Tenant = stored.Tenant,
                Secrets = new CredentialSecrets { AccessToken = new Sdk.Secret(_app.Service.IssueAccessToken()) },
                ObtainedAt = _app.Clock.GetUtcNow(),
            },
            0,
            Token);
        await registry.WriteAsync(t => t.Put(ConnectSession.Collection, stored with { Status = ConnectSessionStatus.Redeeming, Connection = id }), Token);

        await _app.RestartAsync();
        await AuthorizationApp.EventuallyAsync(async () =>
            (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session}")).GetProperty("status").GetString() == "completed");

        Assert.Equal("ok", await _app.StatusOfAsync(id));
    }

    private async Task<HttpResponseMessage> ReconnectAsync(ConnectionId? id = null)
    {
        using var made = await _app.Admin.PostAsJsonAsync($"/api/v1/tenants/t1/connections/{id ?? _connection.Id}/reconnect", new { initiator = "user-1" }, Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var session = await made.Content.ReadFromJsonAsync<JsonElement>(Token);
        using var owner = new Browser();
        using var callback = await owner.GetAsync(await owner.StartAsync(session.GetProperty("url").GetString()!, _app));
        Assert.Equal(HttpStatusCode.SeeOther, callback.StatusCode);
        return await _app.CompleteAsync(session.GetProperty("id").GetString()!);
    }
}
