using System.Net;
using System.Net.Http.Json;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>A service that gives tokens and refuses them all the same, as in an outage: nobody has to connect again, and syncs go on by themselves.</summary>
public sealed class RefusedTokenTests : IAsyncLifetime
{
    private ThreeServices _services = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _services = await ThreeServices.StartAsync();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task Runs_are_tried_again_where_an_owner_consented_and_where_the_client_logs_in_as_itself()
    {
        var connections = await _services.ConnectAsync();
        (_services.Square.Chaos, _services.Toast.Chaos, _services.Drive.Chaos) = (Refusing("/v2/orders"), Refusing("/orders/"), Refusing("/drive/v3/files"));

        await AssertRefusedAsync(connections["square"], "sales");
        await AssertRefusedAsync(connections["toast"], "sales");
        await AssertRefusedAsync(connections["google-drive"], "files");

        (_services.Square.Chaos, _services.Toast.Chaos, _services.Drive.Chaos) = (Chaos.None, Chaos.None, Chaos.None);
        await AssertWellAsync(connections["square"], "sales");
        await AssertWellAsync(connections["toast"], "sales");
        await AssertWellAsync(connections["google-drive"], "files");
    }

    [Fact]
    public async Task Locations_are_asked_for_again()
    {
        var square = (await _services.ConnectAsync())["square"];
        _services.Square.Chaos = Refusing("/v2/locations");

        using var refused = await DiscoverAsync(square);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await AssertNeedsAttentionAsync(square);
        _services.Square.Chaos = Chaos.None;
        using var found = await DiscoverAsync(square);
        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        await AssertIsOkAsync(square);
    }

    private static Chaos Refusing(string path) => new() { PathPrefix = path, ServerErrorEvery = 1, ServerErrorStatus = 401 };

    private Task<HttpResponseMessage> DiscoverAsync(string connection)
        => _services.Host.Worker.Admin.PostAsJsonAsync($"/api/v1/tenants/t1/connections/{connection}/locations/discover", new { }, Token);

    private async Task AssertRefusedAsync(string connection, string stream)
    {
        var run = await _services.Host.RunAsync(connection, stream);

        Assert.True(GuardedHost.OutcomeOf(run) == "retry_later", run.ToString());
        await AssertNeedsAttentionAsync(connection);
        await _services.AssertScheduledAsync(connection, stream);
    }

    private async Task AssertWellAsync(string connection, string stream)
    {
        Assert.Equal("completed", GuardedHost.OutcomeOf(await _services.Host.RunAsync(connection, stream)));
        await AssertIsOkAsync(connection);
    }

    private async Task AssertNeedsAttentionAsync(string connection)
    {
        var view = await _services.Host.GetAsync($"connections/{connection}");
        Assert.True(view.GetProperty("status").GetString() == "needs_attention", view.ToString());
        Assert.Contains("401", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
    }

    private async Task AssertIsOkAsync(string connection)
        => Assert.Equal("ok", (await _services.Host.GetAsync($"connections/{connection}")).GetProperty("status").GetString());
}
