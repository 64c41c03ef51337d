using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Dashboard.Runs;

/// <summary>What the API tells of runs by codes, in words that need no explanation.</summary>
internal static class RunWords
{
    public static (string Text, Tone Tone) Of(SyncOutcome outcome) => outcome switch
    {
        SyncOutcome.Running => ("Under way", Tone.Plain),
        SyncOutcome.Completed => ("Completed", Tone.Good),
        SyncOutcome.RetryLater => ("Did not complete, and is tried again by itself", Tone.Warn),
        SyncOutcome.NeedsReconnect => ("Stopped, as the access is over", Tone.Bad),
        SyncOutcome.NeedsAttention => ("Stopped, and somebody must act", Tone.Bad),
        SyncOutcome.Suspect => ("Does not look whole", Tone.Warn),
        _ => ("Canceled", Tone.Plain),
    };

    /// <summary>Why it ran.</summary>
    public static string OfTrigger(string trigger) => trigger switch
    {
        RunTrigger.Schedule => "by its schedule",
        RunTrigger.Request => "because somebody asked for it",
        RunTrigger.Connect => "because it was connected",
        RunTrigger.Settings => "because its settings changed",
        RunTrigger.Webhook => "because the service told of a change",
        RunTrigger.Day => "to close a business day",
        RunTrigger.Backfill => "to go on with business days of the past",
        _ => trigger,
    };
}
