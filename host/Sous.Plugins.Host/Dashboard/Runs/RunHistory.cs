using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Dashboard.Runs;

/// <summary>Runs as a picture: a bar each, oldest on the left, as high as it took long. The list beside it tells the same in words.</summary>
internal static class RunHistory
{
    private const int Step = 12;
    private const int Height = 60;
    private const int Least = 6;

    /// <param name="runs">Newest first.</param>
    public static Html Draw(IReadOnlyList<RunView> runs, DateTimeOffset now)
    {
        var longest = Math.Max(1, runs.Select(run => Seconds(run, now)).DefaultIfEmpty().Max());
        var bars = runs.Reverse().Select((run, place) =>
        {
            var height = Least + (int)((Height - Least) * Seconds(run, now) / longest);
            var (word, tone) = RunWords.Of(run.Outcome);
            return Html.Of($"<rect class=\"{tone.Class()}\" x=\"{place * Step}\" y=\"{Height - height}\" width=\"9\" height=\"{height}\"><title>{Words.Of(run.Stream)}: {word}</title></rect>");
        });
        var good = runs.Count(static run => run.Outcome == SyncOutcome.Completed);
        return Html.Of($"""
            <svg class="history" role="img" viewBox="0 0 {Math.Max(1, runs.Count) * Step} {Height}" aria-label="The last {Markup.Count(runs.Count, "run", "runs")}, of which {good} completed">{Html.Concat(bars)}</svg>
            """);
    }

    private static double Seconds(RunView run, DateTimeOffset now) => Math.Max(0, ((run.EndedAt ?? now) - run.StartedAt).TotalSeconds);
}
