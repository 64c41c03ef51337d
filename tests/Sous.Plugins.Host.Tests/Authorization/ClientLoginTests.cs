using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>Services where the client logs in as itself: one token for all of its connections, and never more logins than the service allows.</summary>
public sealed class ClientLoginTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync(DirectDriver.LoadLogin());

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Connections_of_several_tenants_share_one_login_over_restarts()
    {
        var first = await ConnectAsync("t1", "r-1");
        var second = await ConnectAsync("t2", "r-2");
        await _app.RestartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => ProbeAsync(i % 2 == 0 ? first : second)));

        Assert.Single(_app.Service.Logins);
        Assert.DoesNotContain(_app.Service.ClientToken!, await _app.ReadFilesAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hundred_callers_on_an_ended_token_make_one_login()
    {
        var connection = await ConnectAsync("t1", "r-1");
        _app.Service.ClientToken = null;
        _app.Clock.Advance(TimeSpan.FromHours(2));

        var ends = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ProbeAsync(connection)));

        Assert.All(ends, static end => Assert.True(end.GetProperty("ok").GetBoolean(), end.ToString()));
        Assert.Equal(2, _app.Service.Logins.Count);
    }

    [Fact]
    public async Task A_service_that_gives_the_same_token_again_is_asked_once_in_its_last_moments_and_the_token_is_used_to_its_end()
    {
        var connection = await ConnectAsync("t1", "r-1");
        _app.Service.ExpiresIn = "20";
        _app.Clock.Advance(TimeSpan.FromSeconds(3600 - 20));

        for (var i = 0; i < 5; i++)
        {
            Assert.True((await ProbeAsync(connection)).GetProperty("ok").GetBoolean());
        }

        Assert.Equal(2, _app.Service.Logins.Count);
    }

    [Fact]
    public async Task A_service_that_refuses_its_own_token_is_not_asked_for_another_again_and_again()
    {
        var connection = await ConnectAsync("t1", "r-1");
        _app.Clock.Advance(TimeSpan.FromMinutes(10));
        _app.Service.ExpireAccessTokens();

        for (var i = 0; i < 20; i++)
        {
            await ProbeAsync(connection);
        }

        Assert.Equal(2, _app.Service.Logins.Count);
        var view = await _app.GetAsync(connection);
        Assert.Equal(("needs_attention", "operator"), (Text(view, "status"), Text(view, "actor")));
        _app.Service.ClientToken = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(61));
        await ProbeAsync(connection);
        Assert.Equal("ok", Text(await _app.GetAsync(connection), "status"));
    }

    [Fact]
    public async Task Failing_logins_count_too_and_an_hour_later_it_goes_on_by_itself()
    {
        var connection = await ConnectAsync("t1", "r-1");
        _app.Clock.Advance(TimeSpan.FromHours(2));
        _app.Service.OddLogin = static context => ServiceDouble.JsonAsync(context, 503, "{}");
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("nobody", Text(await ProbeAsync(connection), "actor"));
            _app.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Equal(3, _app.Service.Logins.Count);
        Assert.Equal("ok", Text(await _app.GetAsync(connection), "status"));
        _app.Service.OddLogin = null;
        _app.Service.ClientToken = null;
        _app.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.True((await ProbeAsync(connection)).GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_client_that_is_rejected_asks_the_operator_for_each_of_its_connections_and_recovers()
    {
        var connection = await ConnectAsync("t1", "r-1");
        _app.Clock.Advance(TimeSpan.FromHours(2));
        _app.Service.OddLogin = static context => ServiceDouble.JsonAsync(context, 401, "{}");
        await ProbeAsync(connection);
        Assert.Equal(("needs_attention", "operator"), (Text(await _app.GetAsync(connection), "status"), Text(await _app.GetAsync(connection), "actor")));

        _app.Service.OddLogin = null;
        _app.Service.ClientToken = null;
        _app.Clock.Advance(TimeSpan.FromHours(1));
        await ProbeAsync(connection);

        Assert.Equal("ok", Text(await _app.GetAsync(connection), "status"));
    }

    [Fact]
    public async Task Only_an_admin_binds_a_restaurant_to_a_tenant_or_to_another()
    {
        var connection = await ConnectAsync("t1", "r-1");
        using var made = await _app.Admin.PostAsJsonAsync("/api/v1/keys", new { scope = "tenant:t1" }, Token);
        var key = Text(await made.Content.ReadFromJsonAsync<JsonElement>(Token), "key");
        using var tenant = new HttpClient { BaseAddress = new Uri(_app.Address) };
        tenant.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

        using var post = await tenant.PostAsJsonAsync("/api/v1/tenants/t1/connections", new { driver = DirectDriver.Login, settings = new { restaurant = "r-9" } }, Token);
        using var patch = await tenant.PatchAsJsonAsync(connection, new { settings = new { restaurant = "r-9" } }, Token);
        using var admin = await _app.Admin.PatchAsJsonAsync(connection, new { settings = new { restaurant = "r-2" } }, Token);
        using var wrong = await _app.Admin.PatchAsJsonAsync(connection, new { settings = new { restaurant = "" } }, Token);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (post.StatusCode, patch.StatusCode));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (admin.StatusCode, wrong.StatusCode));
        Assert.Equal("r-2", (await _app.GetAsync(connection)).GetProperty("settings").GetProperty("restaurant").GetString());
    }

    [Fact]
    public async Task There_is_nothing_to_revoke_and_that_is_said()
    {
        var connection = await ConnectAsync("t1", "r-1");
        using var _ = await _app.Admin.DeleteAsync(connection, Token);

        await AuthorizationApp.EventuallyAsync(async () => Text(await _app.GetAsync(connection), "status") == "cannot_revoke");
    }

    /// <returns>The connection's path.</returns>
    private async Task<string> ConnectAsync(string tenant, string restaurant)
    {
        using var answer = await _app.Admin.PostAsJsonAsync($"/api/v1/tenants/{tenant}/connections", new { driver = DirectDriver.Login, settings = new { restaurant } }, Token);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Token));
        return answer.Headers.Location!.OriginalString;
    }

    private async Task<JsonElement> ProbeAsync(string connection)
    {
        using var answer = await _app.Admin.PostAsync($"{connection}/probe", null, Token);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
