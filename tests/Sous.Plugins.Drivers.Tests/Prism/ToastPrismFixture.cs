using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>A simulated Toast with Prism in front of it; does nothing where the definitions are absent.</summary>
public sealed class ToastPrismFixture : IAsyncLifetime
{
    private string? _definition;
    private ToastSimulator? _simulator;
    private PrismProxy? _proxy;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2025, 11, 25, 12, 0, 0, TimeSpan.Zero));

    public ToastSimulator Simulator => _simulator ?? throw new InvalidOperationException("Skip the test first.");

    public PrismProxy Proxy => _proxy ?? throw new InvalidOperationException("Skip the test first.");

    public async ValueTask InitializeAsync()
    {
        if (ProviderSpecs.Folder is null)
        {
            return;
        }

        var token = TestContext.Current.CancellationToken;
        _simulator = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 400, Days = 60, RateLimits = false }, Clock, token);
        _definition = await ToastDefinition.WriteAsync(token);
        _proxy = await PrismProxy.StartAsync(_definition, _simulator.Address, token);
        using var client = _proxy.CreateClient();

        // The first call compiles the validators, which takes more than a second.
        using var warm = await client.GetAsync(new Uri("/partners/v1/restaurants", UriKind.Relative), token);
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
