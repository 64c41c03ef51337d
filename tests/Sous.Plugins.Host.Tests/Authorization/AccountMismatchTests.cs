using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>A reconnect by another account changes nothing until it is confirmed, and then takes the old one's place; a crash at any point ends in one or the other.</summary>
public sealed class AccountMismatchTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;
    private Connection _connection = null!;
    private Credential _before = null!;
    private string _oldRefreshToken = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IRegistry Registry => _app.Get<IRegistry>();

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync();
        _connection = await _app.ConnectAsync();
        await AuthorizationApp.EventuallyAsync(async () => (await ConnectionAsync()).AccountName is not null);
        _before = (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!;
        _oldRefreshToken = _app.Service.RefreshToken!;
        _app.Service.Account = "account-2";
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Another_account_is_named_and_nothing_changes_until_it_is_confirmed()
    {
        var (session, problem) = await MismatchAsync();
        var view = await SessionAsync(session);

        Assert.Equal(("another_account", "account-2"), (Text(problem, "code"), Text(problem, "account")));
        Assert.Equal(("account_mismatch", "account-2"), (Text(view, "status"), Text(view, "account")));
        Assert.Equal(_before, await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token));
        Assert.Equal("account-1", (await ConnectionAsync()).AccountId);
        Assert.Empty(_app.Service.RevokeRequests);
        var told = Assert.Single(await _app.EventsAsync("connection.account_mismatch"));
        Assert.Equal(("account-2", session, _connection.Id.Value), (Text(told, "account"), Text(told, "session"), Text(told, "connection")));
        Assert.DoesNotContain("SOUSCANARY", await _app.ReadFilesAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Confirmed_the_connection_is_the_other_accounts_and_the_old_grant_is_withdrawn()
    {
        var (session, _) = await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;

        using var confirmed = await ConfirmAsync(session);
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        await AssertTakenOverAsync(session, newRefreshToken);
        using var again = await ConfirmAsync(session);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Single(_app.Service.RevokeRequests);
        Assert.Contains(await Registry.ListAsync(AuditEntry.Collection, "", Token), entry => entry.Action == "connection.account_changed" && entry.Target == _connection.Id.Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("account-1")]
    [InlineData("account-3")]
    public async Task Without_the_right_account_nothing_is_confirmed_and_nothing_lost(string? account)
    {
        var (session, _) = await MismatchAsync();

        using var refused = await ConfirmAsync(session, account);
        using var confirmed = await ConfirmAsync(session);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.OK), (refused.StatusCode, confirmed.StatusCode));
    }

    [Fact]
    public async Task Another_user_cannot_confirm_and_the_new_grant_is_withdrawn()
    {
        var (session, _) = await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;

        using var refused = await ConfirmAsync(session, initiator: "user-2");
        using var tooLate = await ConfirmAsync(session);
        await _app.SettleAsync();

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (refused.StatusCode, tooLate.StatusCode));
        await AssertUntouchedAsync(newRefreshToken);
        Assert.Equal("failed", Text(await SessionAsync(session), "status"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Not_confirmed_in_ten_minutes_the_new_grant_is_withdrawn(bool restart)
    {
        var (session, _) = await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;
        if (restart)
        {
            await _app.RestartAsync();
        }

        _app.Clock.Advance(HeldGrant.Life - TimeSpan.FromMinutes(1));
        Assert.Equal("account_mismatch", Text(await SessionAsync(session), "status"));
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        using var late = await ConfirmAsync(session);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!_app.Service.RevokeRequests.IsEmpty));
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        await AssertUntouchedAsync(newRefreshToken);
        Assert.Equal("abandoned", Text(await SessionAsync(session), "status"));
        Assert.Single(await _app.EventsAsync("connect_session.abandoned"));
    }

    [Fact]
    public async Task A_restart_before_the_confirmation_changes_nothing()
    {
        var (session, _) = await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;
        await _app.RestartAsync();

        using var confirmed = await ConfirmAsync(session);
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
        await AssertTakenOverAsync(session, newRefreshToken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_that_was_killed_after_the_confirmation_carries_it_out_at_its_next_start(bool copied)
    {
        var (session, _) = await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;
        await StopHalfwayAsync(session, copied);

        await _app.RestartAsync();
        await _app.SettleAsync();

        await AssertTakenOverAsync(session, newRefreshToken);
    }

    [Fact]
    public async Task A_session_that_is_ended_half_way_leaves_no_copy_of_any_tokens()
    {
        var (session, _) = await MismatchAsync();
        await StopHalfwayAsync(session, copied: true);

        await _app.Get<SessionEnds>().EndAsync(open => open.Id == session, "All access was withdrawn by the operator.", Token);
        await _app.SettleAsync();

        Assert.Equal(_connection.Id, Assert.Single(await Registry.ListAsync(Credential.Collection, "", Token)).Connection);
        Assert.Equal("failed", Text(await SessionAsync(session), "status"));
    }

    [Fact]
    public async Task A_connection_that_is_deleted_meanwhile_takes_both_grants_with_it()
    {
        var (session, _) = await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;
        using var deleted = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{_connection.Id}", Token);

        using var refused = await ConfirmAsync(session);
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(new HashSet<string?> { _oldRefreshToken, newRefreshToken }, _app.Service.RevokeRequests.Select(r => (string?)r["token"]).ToHashSet());
        Assert.Empty(await Registry.ListAsync(Credential.Collection, "", Token));
    }

    [Fact]
    public async Task A_tenant_that_is_removed_meanwhile_takes_both_grants_with_it()
    {
        await MismatchAsync();
        var newRefreshToken = _app.Service.RefreshToken;
        using var deleted = await _app.Admin.DeleteAsync("/api/v1/tenants/t1", Token);
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(10));
            return (await Registry.ListAsync(TenantRemoval.Collection, "", Token)).Count == 0;
        });

        Assert.Equal(new HashSet<string?> { _oldRefreshToken, newRefreshToken }, _app.Service.RevokeRequests.Select(r => (string?)r["token"]).ToHashSet());
        Assert.Empty(await Registry.ListAsync(Credential.Collection, "", Token));
    }

    [Fact]
    public async Task Automatic_completion_confirms_nothing()
    {
        await _app.ConsentAgainAsync(_connection.Id, new { completion = "automatic" });
        var newRefreshToken = _app.Service.RefreshToken;
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!_app.Service.RevokeRequests.IsEmpty));
        await _app.SettleAsync();

        await AssertUntouchedAsync(newRefreshToken);
    }

    [Fact]
    public async Task The_owner_who_looks_at_the_link_again_is_sent_back_to_decide()
    {
        using var made = await _app.Admin.PostAsJsonAsync($"/api/v1/tenants/t1/connections/{_connection.Id}/reconnect", new { initiator = "user-1", returnTo = "home" }, Token);
        var session = await made.Content.ReadFromJsonAsync<JsonElement>(Token);
        using var owner = new Browser();
        using var callback = await owner.GetAsync(await owner.StartAsync(Text(session, "url")!, _app));
        using var refused = await _app.CompleteAsync(Text(session, "id")!);
        using var page = await owner.GetAsync(new Uri(Text(session, "url")!));
        var html = WebUtility.HtmlDecode(await page.Content.ReadAsStringAsync(Token));

        Assert.Contains("another account", html, StringComparison.Ordinal);
        Assert.Contains($"href=\"{AuthorizationApp.ReturnAddress}&session={Text(session, "id")}&status=account_mismatch\"", html, StringComparison.Ordinal);
    }

    private async Task<(string Session, JsonElement Problem)> MismatchAsync()
    {
        var session = await _app.ConsentAgainAsync(_connection.Id);
        using var refused = await _app.CompleteAsync(session);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        return (session, await refused.Content.ReadFromJsonAsync<JsonElement>(Token));
    }

    /// <summary>As a host leaves it that is killed once the confirmation is durable, before or after it copied the old tokens.</summary>
    private async Task StopHalfwayAsync(string session, bool copied)
    {
        var stored = (await Registry.FindAsync(ConnectSession.Collection, session, Token))!;
        await Registry.WriteAsync(t => t.Put(ConnectSession.Collection, stored with { Status = ConnectSessionStatus.Redeeming }), Token);
        if (copied)
        {
            await _app.Get<CredentialStore>().SaveAsync(
                new CredentialMaterial
                {
                    Connection = stored.Grant!.RetiredId,
                    Tenant = _connection.Tenant,
                    Secrets = new CredentialSecrets { RefreshToken = new Secret(_oldRefreshToken) },
                    ObtainedAt = _app.Clock.GetUtcNow(),
                },
                0,
                Token);
        }
    }

    private Task<HttpResponseMessage> ConfirmAsync(string session, string? account = "account-2", string initiator = "user-1")
        => _app.Admin.PostAsJsonAsync($"/api/v1/tenants/t1/connect-sessions/{session}/complete", new { initiator, account }, Token);

    private async Task AssertTakenOverAsync(string session, string? newRefreshToken)
    {
        var connection = await ConnectionAsync();
        var credential = (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!;
        var secrets = await _app.Get<CredentialStore>().RevealAsync(credential, Token);
        Assert.Equal(("account-2", ConnectionStatus.Ok, _connection.CreatedAt), (connection.AccountId, connection.Status, connection.CreatedAt));
        Assert.Equal((2, newRefreshToken), (credential.Version, secrets.RefreshToken!.Value.Reveal()));
        Assert.Equal(_oldRefreshToken, Assert.Single(_app.Service.RevokeRequests)["token"]);
        Assert.Single(await Registry.ListAsync(Credential.Collection, "", Token));
        Assert.Equal("completed", Text(await SessionAsync(session), "status"));
        Assert.Equal(2, (await _app.EventsAsync("connection.connected")).Count);
        Assert.Empty(_app.DeletedRecords);
    }

    private async Task AssertUntouchedAsync(string? newRefreshToken)
    {
        Assert.Equal(newRefreshToken, Assert.Single(_app.Service.RevokeRequests)["token"]);
        Assert.Equal(_before.Protected, (await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token))!.Protected);
        Assert.Single(await Registry.ListAsync(Credential.Collection, "", Token));
        Assert.Equal(("account-1", "ok"), ((await ConnectionAsync()).AccountId, await _app.StatusOfAsync(_connection.Id)));
    }

    private async Task<Connection> ConnectionAsync() => (await _app.Get<ConnectionStore>().FindAsync(_connection.Id, Token))!;

    private Task<JsonElement> SessionAsync(string id) => _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{id}");

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
