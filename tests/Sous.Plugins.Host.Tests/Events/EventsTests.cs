using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Events;

/// <summary>What the platform learns without asking for each connection and each session.</summary>
public sealed class EventsTests : IAsyncLifetime
{
    private AuthorizationApp _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await AuthorizationApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task The_life_of_a_connection_is_told_in_order_and_outlives_a_restart()
    {
        var connection = await _app.ConnectAsync();
        var store = _app.Get<ConnectionStore>();
        await store.MarkNeedsAttentionAsync(connection.Id, "sales", "The location list is empty.", Actor.Operator, Token);
        await store.MarkNeedsAttentionAsync(connection.Id, "sales", "The location list is empty.", Actor.Operator, Token);
        await store.MarkWellAsync(connection.Id, "sales", Token);
        await store.MarkNeedsReconnectAsync(connection.Id, "probe", "The grant is gone.", null, Token);
        await _app.RestartAsync();
        using var deleted = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{connection.Id}", Token);
        await AuthorizationApp.EventuallyAsync(async () => await _app.StatusOfAsync(connection.Id) == "revoked");

        var items = await ItemsAsync();

        Assert.Equal(
            ["connection.connected", "connection.needs_attention", "connection.ok", "connection.needs_reconnect", "connection.revoking", "connection.revoked"],
            items.Select(Type));
        Assert.Equal([1, 2, 3, 4, 5, 6], items.Select(told => told.GetProperty("sequence").GetInt32()));
        Assert.All(items, told => Assert.Equal((connection.Id.Value, TestDriver.Id), (Text(told, "connection"), Text(told, "driver"))));
        Assert.StartsWith("cs_", Text(items[0], "session"), StringComparison.Ordinal);
        Assert.Equal(("sales: The location list is empty.", "operator"), (Text(items[1], "cause"), Text(items[1], "actor")));
        Assert.Equal(("The grant is gone.", "owner"), (Text(items[3], "cause"), Text(items[3], "actor")));
        Assert.DoesNotContain("SOUSCANARY", string.Concat(items), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revocation_that_does_not_go_through_is_told_once_however_often_it_is_tried()
    {
        var connection = await _app.ConnectAsync();
        _app.Service.OddRevoke = context => ServiceDouble.JsonAsync(context, 503, "{}");
        using var deleted = await _app.Admin.DeleteAsync($"/api/v1/tenants/t1/connections/{connection.Id}", Token);
        await AuthorizationApp.EventuallyAsync(() =>
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(10));
            return Task.FromResult(_app.Service.RevokeRequests.Count >= 3);
        });
        _app.Service.OddRevoke = null;
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromMinutes(10));
            return await _app.StatusOfAsync(connection.Id) == "revoked";
        });

        Assert.Equal(
            ["connection.connected", "connection.revoking", "connection.not_revoked", "connection.revoked"],
            (await ItemsAsync()).Select(Type));
    }

    [Theory]
    [InlineData("access_denied", "connect_session.denied")]
    [InlineData("server_error", "connect_session.failed")]
    public async Task An_owner_who_does_not_consent_is_told_to_whoever_waits(string error, string type)
    {
        using var owner = new Browser();
        var session = await _app.CreateSessionAsync(new { driver = TestDriver.Id, initiator = "u" });
        var callback = await owner.StartAsync(session.GetProperty("url").GetString()!, _app);
        var waiting = _app.GetAsync("/api/v1/tenants/t1/events?after=0&wait=30");
        using var answer = await owner.GetAsync(new Uri(callback.AbsoluteUri.Split("code=")[0] + $"error={error}&state=" + callback.AbsoluteUri.Split("state=")[1]));

        var told = Assert.Single((await waiting).GetProperty("items").EnumerateArray());

        Assert.Equal((type, session.GetProperty("id").GetString(), TestDriver.Id), (Type(told), Text(told, "session"), Text(told, "driver")));
    }

    [Fact]
    public async Task Sessions_that_come_to_nothing_are_told()
    {
        await _app.CreateSessionAsync(new { driver = TestDriver.Id });
        var (wrong, _) = await _app.ConsentAsync("user-1");
        using var refused = await _app.CompleteAsync(wrong, "user-2");
        var (late, _) = await _app.ConsentAsync("user-1");
        _app.Clock.Advance(TimeSpan.FromMinutes(5));
        using var tooLate = await _app.CompleteAsync(late);
        _app.Clock.Advance(ConnectSession.Life);
        await AuthorizationApp.EventuallyAsync(async () => (await ItemsAsync()).Count == 3);

        Assert.Equal(["connect_session.failed", "connect_session.abandoned", "connect_session.expired"], (await ItemsAsync()).Select(Type));
    }

    [Fact]
    public async Task Another_tenant_sees_nothing_of_it_and_a_removed_ones_events_are_deleted()
    {
        await _app.ConnectAsync();
        Assert.Empty((await _app.GetAsync("/api/v1/tenants/t2/events")).GetProperty("items").EnumerateArray());

        using var deleted = await _app.Admin.DeleteAsync("/api/v1/tenants/t1", Token);
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            _app.Clock.Advance(TimeSpan.FromSeconds(10));
            using var made = await _app.Admin.PostAsJsonAsync("/api/v1/tenants", new { id = "t1" }, Token);
            return made.StatusCode == HttpStatusCode.Created;
        });

        Assert.Empty(await ItemsAsync());
        using var gone = await _app.Admin.GetAsync("/api/v1/tenants/t1/events?after=1", Token);
        var problem = await gone.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal((HttpStatusCode.Gone, "events_reset"), (gone.StatusCode, Text(problem, "code")));
    }

    [Theory]
    [InlineData("after=-1", "after")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("wait=31", "wait")]
    public async Task Bad_input_names_the_field(string query, string field)
    {
        using var refused = await _app.Admin.GetAsync($"/api/v1/tenants/t1/events?{query}", Token);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.True((await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
    }

    private async Task<List<JsonElement>> ItemsAsync() => [.. (await _app.GetAsync("/api/v1/tenants/t1/events")).GetProperty("items").EnumerateArray()];

    private static string? Type(JsonElement told) => Text(told, "type");

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
