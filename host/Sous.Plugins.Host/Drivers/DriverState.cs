namespace Sous.Plugins.Host.Drivers;

/// <summary>What became of a plugin.</summary>
internal enum DriverState
{
    /// <summary>Its driver serves.</summary>
    Loaded,

    /// <summary>Its entry says not to load it.</summary>
    Disabled,

    /// <summary>A folder without an entry: looked at, never run.</summary>
    Unlisted,

    /// <summary>Not loaded, with a reason.</summary>
    Refused,

    /// <summary>Loaded, and stopped after repeated defects: nothing is asked of it.</summary>
    Quarantined,
}
