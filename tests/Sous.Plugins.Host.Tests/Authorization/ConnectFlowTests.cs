using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Invariants 1, 1b and 2.</summary>
public sealed class ConnectFlowTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task From_a_link_to_a_connection_whose_token_works()
    {
        var (session, landed) = await _app.ConsentAsync();
        var query = QueryHelpers.ParseQuery(landed.Query);
        Assert.Equal(("sous", session), (query["from"].ToString(), query["session"].ToString()));
        Assert.Empty(_app.Service.TokenRequests);
        Assert.Equal("code_held", (await _app.GetAsync($"/api/v1/tenants/t1/connect-sessions/{session}")).GetProperty("status").GetString());

        using var completed = await _app.Admin.PostAsJsonAsync(
            $"/api/v1/tenants/t1/connect-sessions/{session}/complete", new { initiator = "user-1", completion = query["completion"].ToString() }, Token);
        var connection = await completed.Content.ReadFromJsonAsync<JsonElement>(Token);

        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        Assert.Equal(("ok", "account-1"), (connection.GetProperty("status").GetString(), connection.GetProperty("accountId").GetString()));
        var request = Assert.Single(_app.Service.TokenRequests);
        Assert.Equal($"{_app.Address}/oauth/callback/{TestDriver.Id}", request["redirect_uri"]);
        Assert.Equal(43, request["code_verifier"].Length);
        using var probed = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{connection.GetProperty("id").GetString()}/probe", null, Token);
        var probe = await probed.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(probe.GetProperty("ok").GetBoolean(), probe.ToString());
        Assert.Equal("Café <Ünal>", (await _app.GetAsync("/api/v1/tenants/t1/connections")).GetProperty("items")[0].GetProperty("accountName").GetString());
    }
}
