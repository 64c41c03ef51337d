using System.Net;
using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Connections;

public sealed class ConnectionsTests : IAsyncLifetime
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
    public async Task A_connection_tells_its_condition_and_what_the_host_does_next()
    {
        await AuthorizationApp.EventuallyAsync(async () => (await ViewAsync()).TryGetProperty("next", out _));
        await AuthorizationApp.EventuallyAsync(async () => (await ViewAsync()).TryGetProperty("accountName", out _));
        var view = await ViewAsync();

        Assert.Equal(("ok", "nobody", "refresh"), (Text(view, "status"), Text(view, "actor"), Text(view.GetProperty("next"), "step")));
        Assert.Equal(["READ_SALES", "READ_MENU"], view.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()!));
        Assert.Equal("Café <Ünal>", Text(view, "accountName"));
    }

    [Fact]
    public async Task Pause_and_resume_go_back_and_forth_and_tell_the_listeners()
    {
        var resumed = new TaskCompletionSource<Connection>();
        _app.Get<ConnectionEvents>().OnConnected((connection, _) =>
        {
            resumed.TrySetResult(connection);
            return Task.CompletedTask;
        });

        Assert.Equal("paused", await PostAsync("pause"));
        Assert.Equal("paused", await PostAsync("pause"));
        Assert.Equal("ok", await PostAsync("resume"));
        Assert.Equal(_connection.Id, (await resumed.Task.WaitAsync(Token)).Id);
    }

    [Fact]
    public async Task A_part_that_says_it_is_well_takes_back_its_own_trouble_only()
    {
        var store = _app.Get<ConnectionStore>();
        await store.MarkNeedsAttentionAsync(_connection.Id, "sales", "The location list is empty.", Actor.Operator, Token);
        await store.MarkWellAsync(_connection.Id, "catalog", Token);
        Assert.Equal("needs_attention", await _app.StatusOfAsync(_connection.Id));

        await store.MarkWellAsync(_connection.Id, "sales", Token);
        Assert.Equal("ok", await _app.StatusOfAsync(_connection.Id));
    }

    [Fact]
    public async Task A_connection_that_needs_its_owner_is_not_paused()
    {
        await _app.Get<ConnectionStore>().MarkNeedsReconnectAsync(_connection.Id, "sales", "The grant is gone.", null, Token);

        using var refused = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{_connection.Id}/pause", null, Token);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(("needs_reconnect", "owner"), (Text(await ViewAsync(), "status"), Text(await ViewAsync(), "actor")));
    }

    private async Task<string?> PostAsync(string verb)
    {
        using var response = await _app.Admin.PostAsync($"/api/v1/tenants/t1/connections/{_connection.Id}/{verb}", null, Token);
        return Text(JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement, "status");
    }

    private Task<JsonElement> ViewAsync() => _app.GetAsync($"/api/v1/tenants/t1/connections/{_connection.Id}");

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
