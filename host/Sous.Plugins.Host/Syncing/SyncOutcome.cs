namespace Sous.Plugins.Host.Syncing;

/// <summary>How a sync run ended, or that it has not.</summary>
internal enum SyncOutcome
{
    Running,
    Completed,
    RetryLater,
    NeedsReconnect,
    NeedsAttention,

    /// <summary>The service's answers do not look whole: the checkpoint was kept back, an operator decides.</summary>
    Suspect,
    Canceled,
}
