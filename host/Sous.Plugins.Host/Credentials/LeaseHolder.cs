using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Who takes leases: one run of one host.</summary>
/// <param name="Id">Never the same again, so that a lease tells whether its holder is this run.</param>
/// <param name="IsAlone">No other process can hold a lease: one of another run is left from a crash, and is not waited out.</param>
internal sealed record LeaseHolder(string Id, bool IsAlone)
{
    /// <summary>For whoever holds the data folder's lock.</summary>
    public static LeaseHolder OfDataFolder() => new(RandomText.Id("run_"), IsAlone: true);

    /// <summary>For a host that shares its stores with others.</summary>
    public static LeaseHolder OfOneOfMany() => new(RandomText.Id("run_"), IsAlone: false);
}
