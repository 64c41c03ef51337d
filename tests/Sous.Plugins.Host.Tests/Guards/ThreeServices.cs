using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Square;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Guards;

/// <summary>Small simulated Square, Toast and Drive, and the composed host in front of them.</summary>
internal sealed class ThreeServices : IAsyncDisposable
{
    private ThreeServices(SquareSimulator square, ToastSimulator toast, DriveSimulator drive, GuardedHost host) => (Square, Toast, Drive, Host) = (square, toast, drive, host);

    public SquareSimulator Square { get; }

    public ToastSimulator Toast { get; }

    public DriveSimulator Drive { get; }

    public GuardedHost Host { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ThreeServices> StartAsync()
    {
        var square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 300, Days = 20 }, cancellationToken: Token);
        var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 200, Days = 20, RateLimits = false }, cancellationToken: Token);
        var drive = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 20 }, cancellationToken: Token);
        var host = await GuardedHost.StartAsync(
            ("square", square.Address, square.Options.ClientId, square.ClientSecret),
            ("toast", toast.Address, toast.Options.ClientId, toast.ClientSecret),
            ("google-drive", drive.Address, drive.Options.ClientId, drive.ClientSecret));
        return new ThreeServices(square, toast, drive, host);
    }

    /// <summary>One connection of each, by driver: all of Square's locations mapped, Toast's first restaurant, Drive's recipes.</summary>
    public async Task<Dictionary<string, string>> ConnectAsync()
    {
        var square = await Host.ConnectAsync("square");
        foreach (var location in Square.Truth.Locations)
        {
            await Host.MapAsync(square, location.Id);
        }

        var restaurant = Toast.Truth.Restaurants[0].Id;
        var toast = await Host.BindAsync("toast", new { restaurants = new[] { restaurant } });
        await Host.MapAsync(toast, restaurant);
        var drive = await Host.ConnectAsync("google-drive", new { folders = new[] { DriveSimulator.RecipesFolder } });
        return new Dictionary<string, string> { ["square"] = square, ["toast"] = toast, ["google-drive"] = drive };
    }

    public async Task AssertScheduledAsync(string connection, string stream)
    {
        var syncs = (await Host.GetAsync($"connections/{connection}/syncs")).GetProperty("items").EnumerateArray();
        Assert.True(syncs.Single(sync => sync.GetProperty("stream").GetString() == stream).TryGetProperty("next", out _), $"{connection}'s {stream} is not scheduled.");
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Square.DisposeAsync();
        await Toast.DisposeAsync();
        await Drive.DisposeAsync();
    }
}
