using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Prism;

public sealed class LightspeedPrismFixture : PrismFixture<LightspeedSimulator>
{
    private protected override string FirstPath => "/f/data/businesses";

    private protected override async Task<(LightspeedSimulator Simulator, Uri Address)> StartAsync(CancellationToken cancellationToken)
    {
        var simulator = await LightspeedSimulator.StartAsync(new LightspeedSimulatorOptions { Accounts = 400, Days = 60 }, Clock, cancellationToken);
        return (simulator, simulator.Address);
    }

    private protected override Task<string> WriteDefinitionAsync(CancellationToken cancellationToken) => LightspeedDefinition.WriteAsync(cancellationToken);
}
