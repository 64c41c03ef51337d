namespace Sous.Plugins.Proofs.Kills;

/// <summary>What lies between two requests of a walk through a service.</summary>
internal enum KillKind
{
    /// <summary>A page.</summary>
    Page,

    /// <summary>A location, a folder, or a log of changes.</summary>
    Place,

    /// <summary>A stretch of time, or the step from one listing to another or to a log of changes.</summary>
    Window,
}
