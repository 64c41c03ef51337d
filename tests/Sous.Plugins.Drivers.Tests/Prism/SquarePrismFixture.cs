using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Prism;

public sealed class SquarePrismFixture : PrismFixture<SquareSimulator>
{
    private protected override string FirstPath => "/v2/locations";

    private protected override async Task<(SquareSimulator Simulator, Uri Address)> StartAsync(CancellationToken cancellationToken)
    {
        var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 600 }, Clock, cancellationToken);
        return (simulator, simulator.Address);
    }

    private protected override Task<string> WriteDefinitionAsync(CancellationToken cancellationToken) => SquareDefinition.WriteAsync(cancellationToken);
}
