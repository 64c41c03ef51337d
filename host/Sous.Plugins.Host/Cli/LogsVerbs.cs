using System.CommandLine;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>logs</c>: what a running host logs.</summary>
internal static class LogsVerbs
{
    private const string Path = "api/v1/log-levels";

    private static readonly Argument<string> s_category = new("category") { Description = "Default for all of it, a driver's id, or the beginning of a logger's name such as Sous.Plugins.Host.Syncing" };

    public static Command Create() => new("logs", "What the running host logs") { Levels(), Level(), Reset() };

    private static Command Levels() => HostVerb.Online("levels", "From which level on what is logged", [], async (parsed, host, stopping) =>
    {
        Print(await host.GetAsync(Path, stopping), parsed);
        return ExitCode.Done;
    });

    private static Command Level()
    {
        var level = new Argument<string>("level") { Description = "verbose, debug, information, warning, error or fatal" };
        var time = new Option<TimeSpan?>("--for") { Description = "For how long, such as 00:30:00; then as configured again [default: until it is reset, or the host ends]" };
        return HostVerb.Online("level", "Log a category from another level on, without a restart", [s_category, level, time], async (parsed, host, stopping) =>
        {
            var until = parsed.GetValue(time) is { } span ? TimeProvider.System.GetUtcNow() + span : (DateTimeOffset?)null;
            var set = await host.PutAsync(Of(parsed), new JsonObject { ["level"] = parsed.GetValue(level), ["until"] = until }, stopping);
            Print(new JsonObject { ["items"] = new JsonArray(set) }, parsed);
            return ExitCode.Done;
        });
    }

    private static Command Reset() => HostVerb.Online("reset", "Log a category as configured again", [s_category], async (parsed, host, stopping) =>
    {
        await host.DeleteAsync(Of(parsed), stopping);
        return ExitCode.Done;
    });

    private static string Of(ParseResult parsed) => $"{Path}/{Uri.EscapeDataString(parsed.GetValue(s_category) ?? "")}";

    private static void Print(JsonNode answer, ParseResult parsed)
        => Printed.List(answer, parsed, ("Category", "category"), ("Level", "level"), ("Configured", "configured"), ("Until", "until"));
}
