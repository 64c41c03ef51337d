namespace Sous.Plugins.Host.Locations;

/// <summary>What is found of a location when the service is asked again.</summary>
internal enum LocationFindingKind
{
    /// <summary>The service names it for the first time.</summary>
    New,

    Renamed,

    /// <summary>The service says that it is closed.</summary>
    Closed,

    /// <summary>It was closed or had vanished, and is open again.</summary>
    Reopened,

    /// <summary>The service names it no more. It keeps its mapping and its records.</summary>
    Vanished,

    ZoneChanged,

    CurrencyChanged,

    /// <summary>Its business day starts at another time.</summary>
    DayStartChanged,
}
