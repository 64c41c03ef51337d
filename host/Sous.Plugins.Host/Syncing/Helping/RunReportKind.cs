namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>Whether a host carried out what it was asked to.</summary>
internal enum RunReportKind
{
    /// <summary>The run ended, well or not.</summary>
    Ended,

    /// <summary>It was told to stop, by whoever asked for it or with its host.</summary>
    Stopped,

    /// <summary>The host is not like the other in something that the run depends on, and did nothing.</summary>
    Declined,
}
