using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>A grain lives on the host whose silo has the grain's key for its name, and nowhere else.</summary>
[Serializable]
[GenerateSerializer]
[Immutable]
internal sealed class OnItsHost : PlacementStrategy
{
    /// <summary>Its name says where it is. A directory would be spread over the hosts, and part of it gone with each.</summary>
    public override bool IsUsingGrainDirectory => false;
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnItsHostAttribute() : PlacementAttribute(new OnItsHost());

/// <summary>Finds that host.</summary>
internal sealed class OnItsHostDirector(IClusterMembershipService membership) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var name = target.GrainIdentity.Key.ToString();
        var members = membership.CurrentSnapshot.Members;
        return Task.FromResult(context.GetCompatibleSilos(target).FirstOrDefault(silo => members.TryGetValue(silo, out var member) && member.Name == name)
            ?? throw new SiloUnavailableException($"There is no host {name}."));
    }
}
