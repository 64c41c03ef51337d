using Orleans.GrainDirectory;
using Orleans.Runtime;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>
/// Knows of no grain, so that each is looked for on its host. Orleans asks its own directory about every grain, also about those that are not kept there; that is spread
/// over the hosts, and what a killed one had of it cannot be asked until the others have noticed: for seconds, hosts that live would not reach each other.
/// </summary>
internal sealed class OnItsHostDirectory : IGrainDirectory
{
    public const string Name = "on-its-host";

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult<GrainAddress?>(null);

    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(address);

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
