using Sous.Plugins.Sdk.Testing;

namespace Sous.Plugins.Sdk.Tests.Conformance;

/// <summary>The suite, inherited as an author does it, over a driver that keeps to every rule.</summary>
public sealed class ShopConformanceTests : DriverConformance
{
    protected override string DriverFolder => Shop.Folder;

    protected override ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken) => new(Shop.Service("{}"));
}
