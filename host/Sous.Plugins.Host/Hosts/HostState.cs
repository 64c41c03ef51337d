namespace Sous.Plugins.Host.Hosts;

/// <summary>What a host does.</summary>
internal enum HostState
{
    /// <summary>It serves, syncs and delivers. One does.</summary>
    Works,

    /// <summary>It carries out runs for the one that works, and takes over like one that stands by.</summary>
    Helps,

    /// <summary>It waits for the one that works to go.</summary>
    StandsBy,
}
