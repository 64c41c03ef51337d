using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Emergency;

/// <summary>One word withdraws all grants of a driver or a tenant, and no record.</summary>
public sealed class EmergencyRevocationTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IRegistry Registry => _app.Get<IRegistry>();

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task All_grants_of_a_driver_are_withdrawn_and_no_record_goes_and_no_other_driver_is_touched()
    {
        var ours = await ConnectAsync(3, TestDriver.Id);
        var other = Assert.Single(await ConnectAsync(1, "other"));

        var answer = await RevokeAllAsync(new { driver = TestDriver.Id });
        await _app.SettleAsync();

        Assert.Equal(3, answer.GetProperty("revoking").GetInt32());
        Assert.All(ours, connection => Assert.Equal("revoked", StatusOf(connection)));
        Assert.Equal(ours.Select(c => c.RefreshToken).Order(), _app.Service.RevokeRequests.Select(r => r["token"]).Order());
        Assert.Empty(_app.DeletedRecords);
        Assert.Equal(("ok", 1), (StatusOf(other), (await Registry.ListAsync(Credential.Collection, "", Token)).Count));
        var told = await _app.EventsAsync("connection.revoked");
        Assert.Equal(3, told.Count);
        Assert.All(told, one => Assert.Equal("owner", one.GetProperty("actor").GetString()));
        Assert.Contains(await Registry.ListAsync(AuditEntry.Collection, "", Token), entry => entry.Action == "emergency.revoke_all" && entry.Target == TestDriver.Id);
    }

    [Fact]
    public async Task All_grants_of_a_tenant_are_withdrawn_and_no_other_tenants()
    {
        await ConnectAsync(1, TestDriver.Id);
        await ConnectAsync(1, "other");

        var none = await RevokeAllAsync(new { tenant = "t2" });
        Assert.Equal(0, none.GetProperty("revoking").GetInt32());
        var answer = await RevokeAllAsync(new { tenant = "t1" });
        await _app.SettleAsync();

        Assert.Equal(2, answer.GetProperty("revoking").GetInt32());
        Assert.Empty(await Registry.ListAsync(Credential.Collection, "", Token));
    }

    [Fact]
    public async Task What_is_being_connected_is_ended_and_what_it_was_granted_is_withdrawn()
    {
        var connection = Assert.Single(await ConnectAsync(1, TestDriver.Id));
        var (held, _) = await _app.ConsentAsync();
        _app.Service.Account = "another";
        var mismatch = await _app.ConsentAgainAsync(connection.Id);
        using var asked = await _app.CompleteAsync(mismatch);
        var mismatchToken = _app.Service.RefreshToken!;
        var (redeeming, _) = await _app.ConsentAsync();
        _app.Service.OddTokens = async _ =>
        {
            await RevokeAllAsync(new { driver = TestDriver.Id });
            await AuthorizationApp.EventuallyAsync(async () => (await Registry.ListAsync(EmergencyRevocation.Collection, "", Token)).Count == 0);
            return false;
        };

        using var late = await _app.CompleteAsync(redeeming);
        await _app.SettleAsync();

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        foreach (var session in new[] { held, mismatch, redeeming })
        {
            Assert.Equal("failed", (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session}")).GetProperty("status").GetString());
        }

        Assert.Equal(
            new[] { connection.RefreshToken, mismatchToken, _app.Service.RefreshToken! }.Order(), _app.Service.RevokeRequests.Select(r => r["token"]).Order());
        Assert.Empty(await Registry.ListAsync(Credential.Collection, "", Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_host_that_was_killed_half_way_goes_on_at_its_next_start(int withdrawn)
    {
        var ours = await ConnectAsync(3, TestDriver.Id);
        _app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 503, "{}");
        foreach (var (id, _) in ours.Take(withdrawn))
        {
            await _app.Get<Revocations>().WithdrawAsync((await _app.Get<ConnectionStore>().FindAsync(id, Token))!, "test", Token);
        }

        var intent = new EmergencyRevocation("em_1", new DriverId(TestDriver.Id), null, "test", _app.Clock.GetUtcNow());
        await Registry.WriteAsync(t => t.Put(EmergencyRevocation.Collection, intent), Token);
        await _app.RestartAsync();
        _app.Service.OddRevoke = null;
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(10));
            return (await Registry.ListAsync(Revocation.Collection, "", Token)).Count == 0 && (await Registry.ListAsync(EmergencyRevocation.Collection, "", Token)).Count == 0;
        });

        Assert.All(ours, connection => Assert.Equal("revoked", StatusOf(connection)));
        Assert.Superset(ours.Select(c => c.RefreshToken).ToHashSet(), _app.Service.RevokeRequests.Select(r => r["token"]).ToHashSet());
        Assert.Empty(await Registry.ListAsync(Credential.Collection, "", Token));
        Assert.Empty(_app.DeletedRecords);
    }

    [Fact]
    public async Task An_owner_reconnects_and_it_is_the_same_connection()
    {
        var connection = Assert.Single(await ConnectAsync(1, TestDriver.Id));
        _app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 503, "{}");
        await RevokeAllAsync(new { driver = TestDriver.Id });
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!_app.Service.RevokeRequests.IsEmpty));
        using var tooSoon = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{connection.Id}/reconnect", null, Token);
        Assert.Equal((HttpStatusCode.Conflict, "revocation_open"), (tooSoon.StatusCode, await CodeAsync(tooSoon)));
        _app.Service.OddRevoke = null;
        await _app.SettleAsync();

        using var completed = await _app.CompleteAsync(await _app.ConsentAgainAsync(connection.Id));
        var view = await completed.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal((connection.Id.Value, "ok"), (view.GetProperty("id").GetString(), view.GetProperty("status").GetString()));
        Assert.NotNull(await _app.Get<CredentialStore>().FindAsync(connection.Id, Token));
        Assert.Empty(_app.DeletedRecords);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_only_withdrawn_can_be_deleted_for_good(bool meanwhile)
    {
        var connection = Assert.Single(await ConnectAsync(1, TestDriver.Id));
        if (meanwhile)
        {
            _app.Service.OddRevoke = async context =>
            {
                using var deletedMeanwhile = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{connection.Id}", Token);
                return await ServiceDouble.JsonAsync(context, 200, "{}");
            };
        }

        await RevokeAllAsync(new { driver = TestDriver.Id });
        await _app.SettleAsync();
        using var deleted = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{connection.Id}", Token);
        await _app.SettleAsync();
        using var reconnected = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{connection.Id}/reconnect", null, Token);

        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        Assert.Equal([connection.Id], _app.DeletedRecords);
        Assert.Equal("revoked", StatusOf(connection));
        Assert.Equal("connection_gone", await CodeAsync(reconnected));
    }

    [Fact]
    public async Task Where_another_tenants_connection_shares_the_account_it_is_said_that_the_grant_lives()
    {
        var ours = await _app.ConnectAsync();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "user-1" }, "t2");
        using var owner = new Browser();
        using var callback = await owner.GetAsync(await owner.StartAsync(session.GetProperty("url").GetString()!, _app));
        using var completed = await _app.CompleteAsync(session.GetProperty("id").GetString()!, tenant: "t2");
        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);

        await RevokeAllAsync(new { tenant = "t1" });
        await _app.SettleAsync();

        var view = await _app.GetAsync($"/api/v1/tenants/t1/connections/{ours.Id}");
        Assert.Equal(("cannot_revoke", "operator"), (view.GetProperty("status").GetString(), view.GetProperty("actor").GetString()));
        Assert.Empty(_app.Service.RevokeRequests);
    }

    [Fact]
    public async Task Where_no_owner_consents_in_a_browser_a_new_key_or_the_operators_word_brings_it_back()
    {
        await using var app = await AuthorizationApp.StartAsync(DirectDriver.LoadKey(), DirectDriver.LoadLogin());
        app.Service.Keys["key-SOUSCANARY-old"] = app.Service.Keys["key-SOUSCANARY-new"] = "shop-1";
        var byKey = await ConnectAsync(new { driver = DirectDriver.Key, apiKey = "key-SOUSCANARY-old" });
        var byLogin = await ConnectAsync(new { driver = DirectDriver.Login, settings = new { restaurant = "r-1" } });
        var made = KeyText.Make();
        await app.Get<KeyStore>().AddAsync(made, new KeyScope(new TenantId("t1")), null, null, "test", Token);
        using var tenant = new HttpClient { BaseAddress = app.Admin.BaseAddress };
        tenant.DefaultRequestHeaders.Authorization = new("Bearer", made.Text);

        using var said = await app.Admin.PostAsJsonAsync("/api/v1/emergency/revoke-all", new { tenant = "t1" }, Token);
        await app.SettleAsync();
        Assert.Equal(("cannot_revoke", "cannot_revoke"), (await app.StatusOfAsync(byKey), await app.StatusOfAsync(byLogin)));
        using var notTheirs = await tenant.PostAsync($"/api/v1/tenants/t1/connections/{byLogin}/resume", null, Token);
        using var resumed = await app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{byLogin}/resume", null, Token);
        using var replaced = await tenant.PutAsJsonAsync($"/api/v1/tenants/t1/connections/{byKey}/credentials", new { apiKey = "key-SOUSCANARY-new" }, Token);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.OK, HttpStatusCode.OK), (notTheirs.StatusCode, resumed.StatusCode, replaced.StatusCode));
        Assert.Equal(("ok", "ok"), (await app.StatusOfAsync(byKey), await app.StatusOfAsync(byLogin)));
        Assert.Empty(app.DeletedRecords);

        async Task<ConnectionId> ConnectAsync(object request)
        {
            using var response = await app.Admin.PostAsJsonAsync("/api/v1/tenants/t1/connections", request, Token);
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            return new ConnectionId((await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!);
        }
    }

    [Theory]
    [InlineData("{}", "driver")]
    [InlineData("{\"driver\":\"test-service\",\"tenant\":\"t1\"}", "driver")]
    [InlineData("{\"driver\":\"absent\"}", "driver")]
    [InlineData("{\"tenant\":\"absent\"}", "tenant")]
    public async Task Just_one_driver_or_tenant_that_is_there_is_named(string body, string field)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var refused = await _app.Admin.PostAsync("/api/v1/emergency/revoke-all", content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.True((await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
        Assert.Empty(await Registry.ListAsync(EmergencyRevocation.Collection, "", Token));
    }

    /// <summary>Each with an account of its own.</summary>
    private async Task<List<(ConnectionId Id, string RefreshToken)>> ConnectAsync(int count, string driver)
    {
        var made = new List<(ConnectionId, string)>();
        for (var i = 0; i < count; i++)
        {
            _app.Service.Account = $"{driver}-{i}";
            made.Add(((await _app.ConnectAsync(driver)).Id, _app.Service.RefreshToken!));
        }

        return made;
    }

    private async Task<JsonElement> RevokeAllAsync(object request)
    {
        using var response = await _app.Admin.PostAsJsonAsync("/api/v1/emergency/revoke-all", request, Token);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private string StatusOf((ConnectionId Id, string RefreshToken) connection) => _app.StatusOfAsync(connection.Id).GetAwaiter().GetResult();

    private static async Task<string?> CodeAsync(HttpResponseMessage response)
        => (await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
