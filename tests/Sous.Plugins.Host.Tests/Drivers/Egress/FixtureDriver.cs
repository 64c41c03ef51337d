using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Drivers.Egress;

/// <summary>A driver of which nothing but its manifest is used.</summary>
internal static class FixtureDriver
{
    public static DriverManifest Manifest { get; } = new()
    {
        Id = "fix-ture",
        Name = "Fixture",
        Version = "1.0.0",
        Assembly = "Fixture.dll",
        Contract = "1.0",
        ApiAddress = new Uri("https://api.fixture.example/"),
        Authorization = new AuthorizationManifest { Kind = AuthorizationKind.ApiKey },
        Streams = [],
    };

    public static LoadedDriver Of(DriverManifest manifest) => new(manifest, new NoFactory(), 1, "", new HashSet<DriverCapability>());

    private sealed class NoFactory : IDriverFactory
    {
        public IDriver Create(DriverContext context) => throw new NotSupportedException();
    }
}
