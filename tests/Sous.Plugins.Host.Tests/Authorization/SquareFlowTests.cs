using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>The composed host, the real Square driver out of its folder, and a Square with pages and rules of its own.</summary>
public sealed partial class SquareFlowTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Square_account_is_connected_probed_and_disconnected()
    {
        await using var square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 50 }, cancellationToken: Token);
        await using var host = await RunningWorker.StartAsync(
            ("Clients:square:ClientId", square.Options.ClientId),
            ("Clients:square:ClientSecret", square.ClientSecret),
            ("Clients:square:AuthUrl", square.Address.AbsoluteUri),
            ("Clients:square:ApiUrl", square.Address.AbsoluteUri));
        await host.PostAsync("/api/v1/tenants", new { id = "t1", name = "Bistro" }, HttpStatusCode.Created);
        var session = await host.PostAsync("/api/v1/tenants/t1/connect-sessions", new { driver = "square", initiator = "user-1" }, HttpStatusCode.Created);
        await ConsentAsync(session.GetProperty("url").GetString()!);

        var connection = await host.PostAsync(
            $"/api/v1/tenants/t1/connect-sessions/{session.GetProperty("id").GetString()}/complete", new { initiator = "user-1" }, HttpStatusCode.OK);
        var path = $"/api/v1/tenants/t1/connections/{connection.GetProperty("id").GetString()}";
        Assert.Equal(SquareSimulator.MerchantId, connection.GetProperty("accountId").GetString());
        var probe = await host.PostAsync($"{path}/probe", new { }, HttpStatusCode.OK);
        Assert.True(probe.GetProperty("ok").GetBoolean(), probe.ToString());

        square.ExpireAccessTokens();
        var renewed = await host.PostAsync($"{path}/probe", new { }, HttpStatusCode.OK);
        Assert.True(renewed.GetProperty("ok").GetBoolean(), renewed.ToString());

        using var deleted = await host.Admin.DeleteAsync(path, Token);
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        await AuthorizationApp.EventuallyAsync(async () =>
            (await host.Admin.GetFromJsonAsync<JsonElement>(path, Token)).GetProperty("status").GetString() == "revoked");
        Assert.Contains(square.Requests, request => request.Path == "/oauth2/revoke");
    }

    /// <summary>Presses the buttons: ours, then Square's.</summary>
    private static async Task ConsentAsync(string link)
    {
        using var http = new HttpClient();
        using var squares = await http.PostAsync(link, null, Token);
        var page = await squares.Content.ReadAsStringAsync(Token);
        using var allow = new FormUrlEncodedContent(
        [
            new("request", Hidden().Match(page).Groups[1].Value),
            new("merchant", SquareSimulator.MerchantId),
            new("decision", "allow"),
        ]);
        using var back = await http.PostAsync(new Uri(squares.RequestMessage!.RequestUri!, "/oauth2/authorize"), allow, Token);
        Assert.Contains("Almost done", await back.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [GeneratedRegex("name=\"request\" value=\"([^\"]+)\"")]
    private static partial Regex Hidden();
}
