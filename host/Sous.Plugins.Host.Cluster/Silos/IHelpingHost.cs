namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>A host that helps, by the name of its silo. What is sent is described at <see cref="Syncing.Helping.HelpingJson"/>.</summary>
internal interface IHelpingHost : IGrainWithStringKey
{
    /// <summary>Its name, its version, and how many runs it takes at once.</summary>
    Task<(string Name, string Version, int Places)> DescribeAsync();

    /// <summary>Carries out a run.</summary>
    Task<byte[]> CarryOutAsync(byte[] order, CancellationToken cancellationToken);
}
