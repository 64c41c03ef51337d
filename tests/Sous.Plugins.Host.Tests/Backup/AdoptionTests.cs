using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Backup;

/// <summary>Invariant 24b, and what follows an adoption.</summary>
public sealed class AdoptionTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_restored_copy_asks_no_service_anything_and_says_so_until_it_is_adopted()
    {
        var connection = await ConnectAsync();
        // Of an account of its own: a grant that is shared is not withdrawn.
        _app.Service.Account = "account-2";
        var leaving = await ConnectAsync();
        _app.Service.OddRevoke = static context => ServiceDouble.JsonAsync(context, 503, "{}");
        using (await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{leaving.Id}", Token))
        {
            await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!_app.Service.RevokeRequests.IsEmpty));
        }

        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "user-1" });
        var file = await _app.BackUpAsync();
        await _app.RestoreAsync(file);
        _app.Service.OddRevoke = null;

        await IsSilentAsync(async () =>
        {
            for (var day = 0; day < 8; day++)
            {
                _app.Clock.Advance(TimeSpan.FromDays(1));
                await _app.Get<IRegistry>().WriteAsync(static _ => { }, Token);
            }

            // Whoever asks past the endpoints meets the same.
            Assert.Contains(Adoption.Code, (await _app.Get<ConnectionProbe>().ProbeAsync(connection, Token)).Cause, StringComparison.Ordinal);
            var revocation = await _app.Get<IRegistry>().FindAsync(Revocation.Collection, leaving.Id.Value, Token);
            Assert.Contains(Adoption.Code, (await _app.Get<GrantRevoker>().RevokeAsync(revocation!, Token))!.Cause, StringComparison.Ordinal);

            await RefusedAsync($"/api/v1/tenants/t1/connections/{connection.Id}/probe");
            await RefusedAsync($"/api/v1/tenants/t1/connections/{connection.Id}/pause");
            await RefusedAsync("/api/v1/tenants");
            using var page = await new HttpClient().GetAsync(session.GetProperty("url").GetString(), Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);

            // And it is not forgotten over a restart.
            await _app.RestartAsync();
        });

        var view = await ViewAsync(connection.Id);
        Assert.Equal(("adopt_required", "operator"), (view.GetProperty("status").GetString(), view.GetProperty("actor").GetString()));
        Assert.Contains("sous-plugins adopt", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.False(view.TryGetProperty("next", out _));
        Assert.Equal(2, (await _app.GetAsync("/api/v1/tenants")).GetProperty("items").GetArrayLength());
        using var key = await _app.Admin.PostAsJsonAsync("/api/v1/keys", new { scope = "admin" }, Token);
        Assert.Equal(HttpStatusCode.Created, key.StatusCode);
    }

    [Fact]
    public async Task Adopted_everything_works_and_what_was_pending_is_carried_out()
    {
        var connection = await ConnectAsync();
        var paused = await ConnectAsync();
        using (await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{paused.Id}/pause", null, Token))
        {
        }

        // Of an account of its own: a grant that is shared is not withdrawn.
        _app.Service.Account = "account-2";
        var leaving = await ConnectAsync();
        _app.Service.OddRevoke = static context => ServiceDouble.JsonAsync(context, 503, "{}");
        using (await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{leaving.Id}", Token))
        {
            await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!_app.Service.RevokeRequests.IsEmpty));
        }

        await _app.RestoreAsync(await _app.BackUpAsync());
        _app.Service.OddRevoke = null;

        var first = await AdoptAsync();
        var again = await AdoptAsync();

        Assert.Equal(2, first.GetProperty("verifying").GetInt32());
        Assert.Equal(first.GetProperty("adoptedAt").GetString(), again.GetProperty("adoptedAt").GetString());
        Assert.Single(await AuditAsync("copy.adopted"));
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
            return await _app.StatusOfAsync(connection.Id) == "ok" && await _app.StatusOfAsync(paused.Id) == "paused" && await _app.StatusOfAsync(leaving.Id) == "revoked";
        });
        Assert.Equal(0, await CountOpenAsync());
        await _app.RestartAsync();
        Assert.Equal("ok", await _app.StatusOfAsync(connection.Id));
        await ConnectAsync();
    }

    [Fact]
    public async Task After_seven_days_connections_are_asked_one_after_another_and_no_refresh_comes_before_its_turn()
    {
        var connections = new List<Connection>();
        for (var i = 0; i < 5; i++)
        {
            connections.Add(await ConnectAsync());
        }

        var file = await _app.BackUpAsync();
        _app.Clock.Advance(TimeSpan.FromDays(7));
        await _app.RestoreAsync(file);
        _app.Service.TokenRequests.Clear();
        _app.Service.OddTokens = context => ServiceDouble.JsonAsync(context, 200, $$"""{"access_token":"{{_app.Service.IssueAccessToken()}}","token_type":"Bearer","expires_in":3600}""");

        await AdoptAsync();
        for (var turn = 1; turn <= connections.Count; turn++)
        {
            await AuthorizationApp.EventuallyAsync(async () => await CountAsync("ok") == turn && await CountOpenAsync() == connections.Count - turn);
            Assert.Equal(connections.Count - turn, await CountAsync("adopt_required"));
            Assert.Equal(turn, _app.Service.TokenRequests.Count);
            _app.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        async Task<int> CountAsync(string status)
        {
            var statuses = await Task.WhenAll(connections.Select(connection => _app.StatusOfAsync(connection.Id)));
            return statuses.Count(one => one == status);
        }
    }

    [Fact]
    public async Task A_rotating_token_that_was_spent_since_the_backup_needs_a_reconnect_whose_cause_names_the_restore()
    {
        _app.Service.Rotates = true;
        var connection = await ConnectAsync();
        var file = await _app.BackUpAsync();
        _app.Clock.Advance(TimeSpan.FromDays(1));
        await _app.Get<CredentialRefresher>().RefreshAsync(connection.Id, (await CredentialAsync(connection.Id)).Version, Urgency.Live, Token);
        _app.Clock.Advance(TimeSpan.FromDays(6));

        await _app.RestoreAsync(file);
        await AdoptAsync();

        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(connection.Id) == "needs_reconnect");
        var view = await ViewAsync(connection.Id);
        Assert.Equal("owner", view.GetProperty("actor").GetString());
        Assert.Contains("restored from a backup of", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
        await AuthorizationApp.EventuallyAsync(async () => await CountOpenAsync() == 0);
    }

    [Fact]
    public async Task A_service_that_cannot_be_asked_now_is_asked_again_and_the_view_says_when()
    {
        var connection = await ConnectAsync();
        var file = await _app.BackUpAsync();
        _app.Clock.Advance(TimeSpan.FromDays(7));
        await _app.RestoreAsync(file);
        _app.Service.OddTokens = static context => ServiceDouble.JsonAsync(context, 503, "{}");

        await AdoptAsync();

        await AuthorizationApp.EventuallyAsync(async () => (await ViewAsync(connection.Id)).GetProperty("cause").GetString()!.Contains("not known yet", StringComparison.Ordinal));
        Assert.Equal("verify", (await ViewAsync(connection.Id)).GetProperty("next").GetProperty("step").GetString());
        _app.Service.OddTokens = null;
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(1));
            return await _app.StatusOfAsync(connection.Id) == "ok";
        });
    }

    [Fact]
    public async Task A_host_that_was_not_restored_has_nothing_to_adopt()
    {
        using var refused = await _app.Admin.PostAsync("/api/v1/adopt", null, Token);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("not_restored", (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString());
    }

    /// <summary>Connects, and waits until what follows by itself is over.</summary>
    private async Task<Connection> ConnectAsync()
    {
        var probes = _app.Service.Probes;
        var connection = await _app.ConnectAsync();
        await AuthorizationApp.EventuallyAsync(async () => _app.Service.Probes > probes && (await _app.Get<ConnectionStore>().FindAsync(connection.Id, Token))?.AccountName is not null);
        return connection;
    }

    private async Task IsSilentAsync(Func<Task> act)
    {
        var before = (_app.Service.TokenRequests.Count, _app.Service.RevokeRequests.Count, _app.Service.Probes);
        await act();
        Assert.Equal(before, (_app.Service.TokenRequests.Count, _app.Service.RevokeRequests.Count, _app.Service.Probes));
    }

    private async Task RefusedAsync(string path)
    {
        using var refused = await _app.Admin.PostAsJsonAsync(path, new { id = "t3" }, Token);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(Adoption.Code, (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString());
    }

    private async Task<JsonElement> AdoptAsync()
    {
        using var answer = await _app.Admin.PostAsync("/api/v1/adopt", null, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<IEnumerable<AuditEntry>> AuditAsync(string action)
        => (await _app.Get<IRegistry>().ListAsync(AuditEntry.Collection, "", Token)).Where(entry => entry.Action == action);

    private async Task<int> CountOpenAsync() => (await _app.Get<IRegistry>().ListAsync(Verification.Collection, "", Token)).Count;

    private async Task<Credential> CredentialAsync(ConnectionId id) => (await _app.Get<CredentialStore>().FindAsync(id, Token))!;

    private Task<JsonElement> ViewAsync(ConnectionId id) => _app.GetAsync($"/api/v1/tenants/t1/connections/{id}");
}
