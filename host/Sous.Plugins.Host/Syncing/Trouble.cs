namespace Sous.Plugins.Host.Syncing;

/// <summary>What keeps records from coming.</summary>
internal enum Trouble
{
    /// <summary>Nothing that will not pass: a turn that has not come yet, a run that was cut short and goes on.</summary>
    Waiting,

    /// <summary>The service does not answer, or not as it should.</summary>
    ServiceDown,

    /// <summary>The service has asked to be left alone for a while.</summary>
    RateLimited,

    /// <summary>The service refuses the grant: it is over, or looks so for as long as an outage of the service lasts.</summary>
    NeedsReconnect,

    /// <summary>A setting, a right at the service or a driver is missing.</summary>
    Misconfigured,

    DriverDefect,

    /// <summary>The service's answers do not look whole, or would delete too much.</summary>
    Suspect,

    /// <summary>The host's own stores cannot be used, as when a disk is full.</summary>
    Storage,

    HostDefect,

    /// <summary>Records are fetched and held, since nobody said which of the platform's locations it is.</summary>
    Unmapped,

    /// <summary>Somebody wants it not to sync, or the host has yet to be told that it may.</summary>
    Paused,
}
