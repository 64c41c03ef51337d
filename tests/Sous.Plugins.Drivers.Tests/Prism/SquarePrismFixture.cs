using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>A simulated Square with Prism in front of it; does nothing where the definitions are absent.</summary>
public sealed class SquarePrismFixture : IAsyncLifetime
{
    private string? _definition;
    private SquareSimulator? _simulator;
    private PrismProxy? _proxy;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2025, 11, 25, 12, 0, 0, TimeSpan.Zero));

    public SquareSimulator Simulator => _simulator ?? throw new InvalidOperationException("Skip the test first.");

    public PrismProxy Proxy => _proxy ?? throw new InvalidOperationException("Skip the test first.");

    public async ValueTask InitializeAsync()
    {
        if (ProviderSpecs.Folder is null)
        {
            return;
        }

        var token = TestContext.Current.CancellationToken;
        _simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 600 }, Clock, token);
        _definition = await SquareDefinition.WriteAsync(token);
        _proxy = await PrismProxy.StartAsync(_definition, _simulator.Address, token);
        using var client = _proxy.CreateClient();

        // The first call compiles the validators, which takes more than a second.
        using var warm = await client.GetAsync(new Uri("/v2/locations", UriKind.Relative), token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }

        if (_definition is not null)
        {
            File.Delete(_definition);
        }
    }
}
