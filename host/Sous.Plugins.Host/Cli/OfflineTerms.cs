using Sous.Plugins.Host.Credentials;

namespace Sous.Plugins.Host.Cli;

/// <summary>What of the boot gate a verb may do without on a data folder where no host runs, since it is the verb that mends it.</summary>
/// <param name="OtherMasterKeyFile">Opens the folder too: the change of the master key was begun before and is asked for again.</param>
/// <param name="Ring">What is demanded of the ring.</param>
internal sealed record OfflineTerms(string? OtherMasterKeyFile = null, RingDemand Ring = RingDemand.ValidKey)
{
    public static readonly OfflineTerms AsAStart = new();
}
