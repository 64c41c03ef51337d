using System.Net;
using System.Net.Http.Json;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Connections;

public sealed class TenantRemovalTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_removed_tenant_is_gone_at_once_and_its_grants_are_withdrawn_before_its_key_is_destroyed()
    {
        var connection = await _app.ConnectAsync();
        var made = KeyText.Make();
        await _app.Get<KeyStore>().AddAsync(made, new KeyScope(new TenantId("t1")), null, null, "test", Token);
        _app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 503, "{}");

        using var deleted = await _app.Admin.DeleteAsync("/api/v1/tenants/t1", Token);
        using var gone = await _app.Admin.GetAsync("/api/v1/tenants/t1/connections", Token);
        await AuthorizationApp.EventuallyAsync(() => Task.FromResult(!_app.Service.RevokeRequests.IsEmpty));
        using var tooSoon = await _app.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.Conflict), (deleted.StatusCode, gone.StatusCode, tooSoon.StatusCode));
        Assert.Null(await _app.Get<KeyStore>().AuthenticateAsync(made.Text, Token));

        await _app.RestartAsync();
        _app.Service.OddRevoke = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(1));
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await _app.Get<IRegistry>().ListAsync(TenantRemoval.Collection, "", Token)).Count == 0;
        });

        var registry = _app.Get<IRegistry>();
        Assert.Null(await registry.FindAsync(Connection.Collection, connection.Id.Value, Token));
        Assert.Null(await registry.FindAsync(Credential.Collection, connection.Id.Value, Token));
        Assert.Null(await registry.FindAsync(TenantKey.Collection, "t1", Token));
        Assert.DoesNotContain(await registry.ListAsync(ConnectSession.Collection, "", Token), s => s.Tenant.Value == "t1");
        using var again = await _app.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Empty((await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items").EnumerateArray());
    }
}
