using System.Text.Json;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>A service that refuses one stream stops that stream alone: not its connection's others, and no other connection.</summary>
public sealed class ForbiddenStreamTests : IAsyncLifetime
{
    private SquareSimulator _square = null!;
    private ToastSimulator _toast = null!;
    private DriveSimulator _drive = null!;
    private GuardedHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 300, Days = 20 }, cancellationToken: Token);
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 200, Days = 20, RateLimits = false }, cancellationToken: Token);
        _drive = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 20 }, cancellationToken: Token);
        _host = await GuardedHost.StartAsync(
            ("square", _square.Address, _square.Options.ClientId, _square.ClientSecret),
            ("toast", _toast.Address, _toast.Options.ClientId, _toast.ClientSecret),
            ("google-drive", _drive.Address, _drive.Options.ClientId, _drive.ClientSecret));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _square.DisposeAsync();
        await _toast.DisposeAsync();
        await _drive.DisposeAsync();
    }

    [Theory]
    [InlineData("square", "sales", "ORDERS_READ")]
    [InlineData("square", "catalog", "ITEMS_READ")]
    [InlineData("toast", "sales", "orders:read")]
    [InlineData("toast", "catalog", "menus:read")]
    [InlineData("google-drive", "files", "may not do that")]
    public async Task A_403_stops_its_stream_and_nothing_else_until_it_is_over(string driver, string stream, string reason)
    {
        Forbid(driver, stream);
        var connections = await ConnectAsync();

        var run = await _host.RunAsync(connections[driver], stream);

        Assert.Equal("needs_attention", GuardedHost.OutcomeOf(run));
        Assert.Contains(reason, run.GetProperty("reason").GetString(), StringComparison.Ordinal);
        foreach (var (other, streams) in Truth())
        {
            foreach (var (name, ids) in streams.Where(pair => (other, pair.Key) != (driver, stream)))
            {
                await AssertGoesOnAsync(connections[other], name, ids);
            }

            var view = await _host.GetAsync($"connections/{connections[other]}");
            Assert.Equal(other == driver ? "needs_attention" : "ok", view.GetProperty("status").GetString());
            Assert.True(other != driver || view.GetProperty("cause").GetString()!.Contains(reason, StringComparison.Ordinal));
        }

        (_square.Chaos, _toast.Chaos, _drive.Chaos) = (Chaos.None, Chaos.None, Chaos.None);
        await AssertGoesOnAsync(connections[driver], stream, Truth()[driver][stream]);
        Assert.Equal("ok", (await _host.GetAsync($"connections/{connections[driver]}")).GetProperty("status").GetString());
    }

    private void Forbid(string driver, string stream)
    {
        Chaos Of(string path) => new() { PathPrefix = path, ServerErrorEvery = 1, ServerErrorStatus = 403 };
        switch (driver, stream)
        {
            case ("square", "sales"):
                _square.Chaos = Of("/v2/orders");
                break;
            case ("square", _):
                _square.Chaos = Of("/v2/catalog");
                break;
            case ("toast", "sales"):
                _toast.Chaos = Of("/orders/");
                break;
            case ("toast", _):
                _toast.Chaos = Of("/menus/");
                break;
            default:
                _drive.Chaos = Of("/drive/v3/files");
                break;
        }
    }

    private async Task<Dictionary<string, string>> ConnectAsync()
    {
        var square = await _host.ConnectAsync("square");
        foreach (var location in _square.Truth.Locations)
        {
            await _host.MapAsync(square, location.Id);
        }

        var restaurant = _toast.Truth.Restaurants[0].Id;
        var toast = await _host.BindAsync("toast", new { restaurants = new[] { restaurant } });
        await _host.MapAsync(toast, restaurant);
        var drive = await _host.ConnectAsync("google-drive", new { folders = new[] { DriveSimulator.RecipesFolder } });
        return new Dictionary<string, string> { ["square"] = square, ["toast"] = toast, ["google-drive"] = drive };
    }

    private async Task AssertGoesOnAsync(string connection, string stream, IEnumerable<string> ids)
    {
        Assert.Equal("completed", GuardedHost.OutcomeOf(await _host.RunAsync(connection, stream)));
        Assert.Subset((await _host.IdsAsync(connection, stream)).ToHashSet(), ids.ToHashSet());
        Assert.True((await SyncAsync(connection, stream)).TryGetProperty("next", out _), $"{connection}'s {stream} is not scheduled.");
    }

    private async Task<JsonElement> SyncAsync(string connection, string stream)
        => (await _host.GetAsync($"connections/{connection}/syncs")).GetProperty("items").EnumerateArray().Single(sync => sync.GetProperty("stream").GetString() == stream);

    /// <summary>What a feed has to hold, by driver and stream.</summary>
    private Dictionary<string, Dictionary<string, IEnumerable<string>>> Truth() => new()
    {
        ["square"] = new() { ["sales"] = _square.Truth.Locations.SelectMany(static location => location.OrderIds), ["catalog"] = _square.Changes.ItemIds },
        ["toast"] = new() { ["sales"] = _toast.Truth.Restaurants[0].OrderIds, ["catalog"] = _toast.Changes.ItemIds(_toast.Truth.Restaurants[0].Id) },
        ["google-drive"] = new() { ["files"] = _drive.Truth.In(DriveSimulator.RecipesFolder).Select(static file => file.Id) },
    };
}
