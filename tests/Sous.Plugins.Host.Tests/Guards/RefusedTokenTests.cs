using System.Text.Json;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>A service that renews its grants and refuses the new tokens all the same, as in an outage: nobody has to connect again, and syncs go on by themselves.</summary>
public sealed class RefusedTokenTests : IAsyncLifetime
{
    private SquareSimulator _square = null!;
    private ToastSimulator _toast = null!;
    private DriveSimulator _drive = null!;
    private GuardedHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 100, Days = 20 }, cancellationToken: Token);
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 100, Days = 20, RateLimits = false }, cancellationToken: Token);
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

    [Fact]
    public async Task An_oauth_service_that_refuses_tokens_it_has_just_given_is_asked_again_by_the_schedule_and_nobody_has_to_reconnect()
    {
        var (square, drive) = (await _host.ConnectAsync("square"), await _host.ConnectAsync("google-drive", new { folders = new[] { DriveSimulator.RecipesFolder } }));
        await _host.MapAsync(square, _square.Truth.Locations[0].Id);
        _square.Chaos = Refusing("/v2/orders");
        _drive.Chaos = Refusing("/drive/v3/files");

        await AssertRefusedAsync(square, "sales");
        await AssertRefusedAsync(drive, "files");

        (_square.Chaos, _drive.Chaos) = (Chaos.None, Chaos.None);
        await AssertWellAsync(square, "sales");
        await AssertWellAsync(drive, "files");
    }

    [Fact]
    public async Task So_is_a_service_at_which_the_client_logs_in_as_itself()
    {
        var restaurant = _toast.Truth.Restaurants[0].Id;
        var toast = await _host.BindAsync("toast", new { restaurants = new[] { restaurant } });
        await _host.MapAsync(toast, restaurant);
        _toast.Chaos = Refusing("/orders/");

        await AssertRefusedAsync(toast, "sales");

        _toast.Chaos = Chaos.None;
        await AssertWellAsync(toast, "sales");
    }

    private static Chaos Refusing(string path) => new() { PathPrefix = path, ServerErrorEvery = 1, ServerErrorStatus = 401 };

    private async Task AssertRefusedAsync(string connection, string stream)
    {
        var run = await _host.RunAsync(connection, stream);

        Assert.True(GuardedHost.OutcomeOf(run) == "retry_later", run.ToString());
        var view = await _host.GetAsync($"connections/{connection}");
        Assert.True(view.GetProperty("status").GetString() == "needs_attention", view.ToString());
        Assert.Contains("401", view.GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.True((await SyncAsync(connection, stream)).TryGetProperty("next", out _), $"{connection}'s {stream} is not scheduled.");
    }

    private async Task AssertWellAsync(string connection, string stream)
    {
        Assert.Equal("completed", GuardedHost.OutcomeOf(await _host.RunAsync(connection, stream)));
        Assert.Equal("ok", (await _host.GetAsync($"connections/{connection}")).GetProperty("status").GetString());
    }

    private async Task<JsonElement> SyncAsync(string connection, string stream)
        => (await _host.GetAsync($"connections/{connection}/syncs")).GetProperty("items").EnumerateArray().Single(sync => sync.GetProperty("stream").GetString() == stream);
}
