using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Prism;

public sealed class DrivePrismFixture : PrismFixture<DriveSimulator>
{
    private protected override string FirstPath => "/drive/v3/about?fields=user";

    private protected override async Task<(DriveSimulator Simulator, Uri Address)> StartAsync(CancellationToken cancellationToken)
    {
        var simulator = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 60 }, Clock, cancellationToken);
        return (simulator, simulator.Address);
    }

    private protected override Task<string> WriteDefinitionAsync(CancellationToken cancellationToken) => DriveDefinition.WriteAsync(cancellationToken);
}
