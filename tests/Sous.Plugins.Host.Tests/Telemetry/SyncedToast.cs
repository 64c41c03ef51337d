using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Tests.Guards;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Host.Tests.Telemetry;

/// <summary>A host that is connected to a simulated Toast with twenty orders of one restaurant, which is mapped.</summary>
internal sealed class SyncedToast : IAsyncDisposable
{
    private SyncedToast(ToastSimulator toast, GuardedHost host, string connection) => (Toast, Host, Connection) = (toast, host, connection);

    public ToastSimulator Toast { get; }

    public GuardedHost Host { get; }

    public string Connection { get; }

    public static async Task<SyncedToast> StartAsync(CancellationToken cancellationToken)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-14));
        var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0, RateLimits = false, TokenLife = TimeSpan.FromDays(60) }, clock, cancellationToken);
        var host = await GuardedHost.StartAsync(("toast", toast.Address, toast.Options.ClientId, toast.ClientSecret));
        var restaurant = toast.Truth.Restaurants[0].Id;
        for (var order = 0; order < 20; order++)
        {
            clock.Advance(TimeSpan.FromMinutes(2));
            toast.Changes.AddOrder(restaurant);
        }

        var connection = await host.BindAsync("toast", new { restaurants = new[] { restaurant } });
        await host.MapAsync(connection, restaurant);
        return new SyncedToast(toast, host, connection);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Toast.DisposeAsync();
    }
}
