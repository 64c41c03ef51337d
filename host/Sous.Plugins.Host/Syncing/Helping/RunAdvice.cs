namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>What the host that works answers to how far a run has come.</summary>
internal enum RunAdvice
{
    GoOn,

    /// <summary>Another run of its sync is wanted.</summary>
    GiveWay,

    /// <summary>Nobody waits for it any more.</summary>
    Stop,
}
