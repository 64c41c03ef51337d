namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>Where a driver's code runs.</summary>
internal enum PluginIsolation
{
    /// <summary>In the host, in a load context of its own.</summary>
    InProcess,

    /// <summary>In a process of its own.</summary>
    Process,
}
