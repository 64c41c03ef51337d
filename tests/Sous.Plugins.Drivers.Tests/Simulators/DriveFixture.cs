using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>A simulated Drive of its own for each test, on a clock that stands still.</summary>
public abstract class DriveFixture : IAsyncLifetime
{
    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected FakeTimeProvider Clock { get; } = new(SquareFixture.Now);

    private protected DriveSimulator Drive { get; private set; } = null!;

    private protected DriveCaller Caller { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Drive = await DriveSimulator.StartAsync(new DriveSimulatorOptions { LoopbackChannels = true }, Clock, Token);
        Caller = new DriveCaller(Drive);
    }

    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await Drive.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
