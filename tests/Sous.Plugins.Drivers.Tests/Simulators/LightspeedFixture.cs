using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>A simulated K-Series for each test; its history spans the autumn clock changes of both continents.</summary>
public abstract class LightspeedFixture : IAsyncLifetime
{
    private LightspeedSimulator? _lightspeed;
    private LightspeedCaller? _caller;

    private protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2025, 11, 20, 15, 0, 0, TimeSpan.Zero));

    private protected LightspeedSimulator Lightspeed => _lightspeed ?? throw new InvalidOperationException("The test has not begun.");

    private protected LightspeedCaller Caller => _caller ?? throw new InvalidOperationException("The test has not begun.");

    private protected string Madrid => Lightspeed.Truth.Locations[0].Id;

    public async ValueTask InitializeAsync()
    {
        _lightspeed = await LightspeedSimulator.StartAsync(new LightspeedSimulatorOptions { Accounts = 600, Days = 40 }, Clock, TestContext.Current.CancellationToken);
        _caller = new LightspeedCaller(_lightspeed);
    }

    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await Lightspeed.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
