using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>A service that refuses one stream stops that stream alone: not its connection's others, and no other connection.</summary>
public sealed class ForbiddenStreamTests : IAsyncLifetime
{
    private ThreeServices _services = null!;

    public async ValueTask InitializeAsync() => _services = await ThreeServices.StartAsync();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Theory]
    [InlineData("square", "sales", "ORDERS_READ")]
    [InlineData("square", "catalog", "ITEMS_READ")]
    [InlineData("toast", "sales", "orders:read")]
    [InlineData("toast", "catalog", "menus:read")]
    [InlineData("google-drive", "files", "may not do that")]
    public async Task A_403_stops_its_stream_and_nothing_else_until_it_is_over(string driver, string stream, string reason)
    {
        Forbid(driver, stream);
        var connections = await _services.ConnectAsync();

        var run = await _services.Host.RunAsync(connections[driver], stream);

        Assert.Equal("needs_attention", GuardedHost.OutcomeOf(run));
        Assert.Contains(reason, run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        foreach (var (other, streams) in Truth())
        {
            foreach (var (name, ids) in streams.Where(pair => (other, pair.Key) != (driver, stream)))
            {
                await AssertGoesOnAsync(connections[other], name, ids);
            }

            var view = await _services.Host.GetAsync($"connections/{connections[other]}");
            Assert.Equal(other == driver ? "needs_attention" : "ok", view.GetProperty("status").GetString());
            Assert.True(other != driver || view.GetProperty("cause").GetString()!.Contains(reason, StringComparison.Ordinal));
        }

        (_services.Square.Chaos, _services.Toast.Chaos, _services.Drive.Chaos) = (Chaos.None, Chaos.None, Chaos.None);
        await AssertGoesOnAsync(connections[driver], stream, Truth()[driver][stream]);
        Assert.Equal("ok", (await _services.Host.GetAsync($"connections/{connections[driver]}")).GetProperty("status").GetString());
    }

    private void Forbid(string driver, string stream)
    {
        Chaos Of(string path) => new() { PathPrefix = path, ServerErrorEvery = 1, ServerErrorStatus = 403 };
        switch (driver, stream)
        {
            case ("square", "sales"):
                _services.Square.Chaos = Of("/v2/orders");
                break;
            case ("square", _):
                _services.Square.Chaos = Of("/v2/catalog");
                break;
            case ("toast", "sales"):
                _services.Toast.Chaos = Of("/orders/");
                break;
            case ("toast", _):
                _services.Toast.Chaos = Of("/menus/");
                break;
            default:
                _services.Drive.Chaos = Of("/drive/v3/files");
                break;
        }
    }

    private async Task AssertGoesOnAsync(string connection, string stream, IEnumerable<string> ids)
    {
        Assert.Equal("completed", GuardedHost.OutcomeOf(await _services.Host.RunAsync(connection, stream)));
        Assert.Subset((await _services.Host.IdsAsync(connection, stream)).ToHashSet(), ids.ToHashSet());
        await _services.AssertScheduledAsync(connection, stream);
    }

    /// <summary>What a feed has to hold, by driver and stream.</summary>
    private Dictionary<string, Dictionary<string, IEnumerable<string>>> Truth() => new()
    {
        ["square"] = new() { ["sales"] = _services.Square.Truth.Locations.SelectMany(static location => location.OrderIds), ["catalog"] = _services.Square.Changes.ItemIds },
        ["toast"] = new() { ["sales"] = _services.Toast.Truth.Restaurants[0].OrderIds, ["catalog"] = _services.Toast.Changes.ItemIds(_services.Toast.Truth.Restaurants[0].Id) },
        ["google-drive"] = new() { ["files"] = _services.Drive.Truth.In(DriveSimulator.RecipesFolder).Select(static file => file.Id) },
    };
}
