using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>A simulated Square that tests only read; its history spans the autumn clock changes of both continents.</summary>
public sealed class SquareFixture : IAsyncLifetime
{
    public static DateTimeOffset Now { get; } = new(2025, 11, 25, 12, 0, 0, TimeSpan.Zero);

    public static string[] Locations { get; } = ["LHILLNEWYORK1", "LAFTERDARKLA2", "LSPREEBERLIN3", "LKOYATOKYO004", "LLAKESIDECHI5"];

    public SquareSimulator Simulator { get; private set; } = null!;

    internal SquareCaller Caller { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 1_500 }, new FakeTimeProvider(Now), TestContext.Current.CancellationToken);
        Caller = new SquareCaller(Simulator);
    }

    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await Simulator.DisposeAsync();
    }
}
