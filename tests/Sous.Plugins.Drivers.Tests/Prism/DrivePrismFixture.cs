using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>A simulated Drive with Prism in front of it; does nothing where the definitions are absent.</summary>
public sealed class DrivePrismFixture : IAsyncLifetime
{
    private string? _definition;
    private DriveSimulator? _simulator;
    private PrismProxy? _proxy;

    public FakeTimeProvider Clock { get; } = new(SquareFixture.Now);

    public DriveSimulator Simulator => _simulator ?? throw new InvalidOperationException("Skip the test first.");

    public PrismProxy Proxy => _proxy ?? throw new InvalidOperationException("Skip the test first.");

    public async ValueTask InitializeAsync()
    {
        if (ProviderSpecs.Folder is null)
        {
            return;
        }

        var token = TestContext.Current.CancellationToken;
        _simulator = await DriveSimulator.StartAsync(new DriveSimulatorOptions { Recipes = 60 }, Clock, token);
        _definition = await DriveDefinition.WriteAsync(token);
        _proxy = await PrismProxy.StartAsync(_definition, _simulator.Address, token);
        using var caller = new DriveCaller(_proxy.CreateClient(), _simulator.IssueAccessToken());

        // The first call compiles the validators, which takes more than a second.
        await caller.GetAsync("about?fields=user");
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
