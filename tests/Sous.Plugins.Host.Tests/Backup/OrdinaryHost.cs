using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Backup;

/// <summary>For what asks whether it may work: a registry that came out of no backup.</summary>
internal sealed class OrdinaryHost : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DataFolder _folder;
    private readonly LiteDbRegistry _registry;

    public OrdinaryHost()
    {
        _folder = DataFolder.Open(_temporary.Path);
        _registry = LiteDbRegistry.Open(_folder, NullLogger<LiteDbRegistry>.Instance);
        Adoption = new Adoption(_registry, TimeProvider.System, NullLogger<Adoption>.Instance);
    }

    public Adoption Adoption { get; }

    public IRegistry Registry => _registry;

    public void Dispose()
    {
        Adoption.Dispose();
        _registry.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder.Dispose();
        _temporary.Dispose();
    }
}
