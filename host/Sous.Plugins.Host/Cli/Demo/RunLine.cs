using System.Globalization;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>How a run stands, for people.</summary>
internal sealed record RunLine(string Id, string Stream, long Records, int Pages, string Outcome)
{
    public bool HasEnded => Outcome != "running";

    public override string ToString() => $"{Stream}: {Count(Records, "record")} in {Count(Pages, "page")}, {Outcome}";

    private static string Count(long count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {thing}{(count == 1 ? "" : "s")}");
}
