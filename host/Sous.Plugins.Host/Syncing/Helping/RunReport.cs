using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>What became of a run on the host that was asked to carry it out.</summary>
/// <param name="End">How it ended; null unless it did.</param>
internal sealed record RunReport(RunReportKind Kind, RunEnd? End, RunProgressState Progress, IReadOnlyList<ScopeFetch> Fetches, IReadOnlyList<RunLogLine> Log)
{
    /// <summary>Of a host that was about to go.</summary>
    public static RunReport Declined { get; } = new(RunReportKind.Declined, null, new RunProgressState(0, 0, 0, null, []), [], []);
}
