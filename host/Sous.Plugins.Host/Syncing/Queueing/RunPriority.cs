namespace Sous.Plugins.Host.Syncing.Queueing;

/// <summary>Whose turn it is when runs wait, the first ones first.</summary>
internal enum RunPriority
{
    /// <summary>Somebody waits for it, or a service has told of something.</summary>
    Live,

    /// <summary>By the schedule, since the checkpoint.</summary>
    Incremental,

    /// <summary>Business days asked for, and the first run of a connection: each goes through much.</summary>
    Backfill,
}
