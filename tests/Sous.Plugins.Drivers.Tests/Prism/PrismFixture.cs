using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Drivers.Tests.Simulators;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>A simulator with Prism in front of it; does nothing where the definitions are absent.</summary>
public abstract class PrismFixture<TSimulator> : IAsyncLifetime
    where TSimulator : class, IAsyncDisposable
{
    private string? _definition;
    private TSimulator? _simulator;
    private PrismProxy? _proxy;

    public FakeTimeProvider Clock { get; } = new(SquareFixture.Now);

    public TSimulator Simulator => _simulator ?? throw new InvalidOperationException("Skip the test first.");

    public PrismProxy Proxy => _proxy ?? throw new InvalidOperationException("Skip the test first.");

    /// <summary>Asked once before the tests.</summary>
    private protected abstract string FirstPath { get; }

    public async ValueTask InitializeAsync()
    {
        if (ProviderSpecs.Folder is null)
        {
            return;
        }

        var token = TestContext.Current.CancellationToken;
        (_simulator, var address) = await StartAsync(token);
        _definition = await WriteDefinitionAsync(token);
        _proxy = await PrismProxy.StartAsync(_definition, address, token);
        using var client = _proxy.CreateClient();

        // The first call compiles the validators, which takes more than a second.
        using var warm = await client.GetAsync(new Uri(FirstPath, UriKind.Relative), token);
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

        GC.SuppressFinalize(this);
    }

    private protected abstract Task<(TSimulator Simulator, Uri Address)> StartAsync(CancellationToken cancellationToken);

    private protected abstract Task<string> WriteDefinitionAsync(CancellationToken cancellationToken);
}
