using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Prism;

public sealed class ToastPrismFixture : PrismFixture<ToastSimulator>
{
    private protected override string FirstPath => "/partners/v1/restaurants";

    private protected override async Task<(ToastSimulator Simulator, Uri Address)> StartAsync(CancellationToken cancellationToken)
    {
        var simulator = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 400, Days = 60, RateLimits = false }, Clock, cancellationToken);
        return (simulator, simulator.Address);
    }

    private protected override Task<string> WriteDefinitionAsync(CancellationToken cancellationToken) => ToastDefinition.WriteAsync(cancellationToken);
}
