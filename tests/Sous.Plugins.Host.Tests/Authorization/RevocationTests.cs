using System.Net;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariant 6: disconnect revokes, then forgets; what could not be revoked is tried again and shown.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;
    private Connection _connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await AuthorizationApp.StartAsync();
        _connection = await _app.ConnectAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Deleting_a_connection_revokes_at_the_service_forgets_the_credential_and_deletes_the_records()
    {
        var refreshToken = _app.Service.RefreshToken;

        using var deleted = await DeleteAsync();
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "revoked");

        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        Assert.Equal(refreshToken, Assert.Single(_app.Service.RevokeRequests)["token"]);
        Assert.Null(await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token));
        Assert.Equal([_connection.Id], _app.DeletedRecords);
        await AuthorizationApp.EventuallyAsync(async () => (await _app.Get<IRegistry>().ListAsync(Revocation.Collection, "", Token)).Count == 0);
    }

    [Fact]
    public async Task A_service_that_is_down_is_asked_again_after_a_restart_too_and_meanwhile_it_is_shown()
    {
        _app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 503, "{}");
        using var deleted = await DeleteAsync();
        await AuthorizationApp.EventuallyAsync(async () => (await ViewAsync()).TryGetProperty("cause", out _));
        var shown = await ViewAsync();
        Assert.Equal("revoking", shown.GetProperty("status").GetString());
        Assert.Contains("503", shown.GetProperty("cause").GetString()!, StringComparison.Ordinal);
        Assert.Equal("revoke", shown.GetProperty("next").GetProperty("step").GetString());

        await _app.RestartAsync();
        _app.Service.OddRevoke = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "revoked");

        Assert.Equal(2, _app.Service.RevokeRequests.Count);
        Assert.Null(await _app.Get<CredentialStore>().FindAsync(_connection.Id, Token));
        Assert.Single(_app.DeletedRecords);
    }

    [Fact]
    public async Task A_rejected_client_is_shown_to_the_operator_and_tried_again()
    {
        _app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 401, """{"error":"invalid_client"}""");
        using var deleted = await DeleteAsync();
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "cannot_revoke");
        Assert.Equal("operator", (await ViewAsync()).GetProperty("actor").GetString());

        _app.Service.OddRevoke = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "revoked");
    }

    [Fact]
    public async Task Of_two_connections_to_one_account_deleting_one_leaves_the_others_grant_alone()
    {
        var other = await _app.ConnectAsync();

        using var first = await DeleteAsync();
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(_connection.Id) == "revoked");
        Assert.Empty(_app.Service.RevokeRequests);

        using var second = await DeleteAsync(other.Id);
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(other.Id) == "revoked");
        Assert.Single(_app.Service.RevokeRequests);
    }

    [Fact]
    public async Task What_is_deleted_can_be_neither_probed_nor_resumed_nor_reconnected_and_deleting_again_changes_nothing()
    {
        using var deleted = await DeleteAsync();
        foreach (var verb in new[] { "probe", "pause", "resume", "reconnect" })
        {
            using var refused = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{_connection.Id}/{verb}", null, Token);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        }

        using var again = await DeleteAsync();
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/probe")]
    [InlineData("POST", "/pause")]
    [InlineData("POST", "/resume")]
    [InlineData("POST", "/reconnect")]
    public async Task Another_tenants_connection_is_not_there(string method, string verb)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/v1/tenants/t2/connections/{_connection.Id}{verb}");
        using var response = await _app.Admin.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("ok", await _app.StatusOfAsync(_connection.Id));
    }

    private Task<HttpResponseMessage> DeleteAsync(ConnectionId? id = null) => _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{id ?? _connection.Id}", Token);

    private Task<System.Text.Json.JsonElement> ViewAsync() => _app.GetAsync($"/api/v1/tenants/t1/connections/{_connection.Id}");
}
