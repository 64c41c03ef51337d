using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>sync</c>: runs of a connection's streams.</summary>
internal static class SyncVerbs
{
    private static readonly Argument<string> s_connection = new("id") { Description = "The connection" };
    private static readonly Argument<string> s_run = new("run") { Description = "The run" };
    private static readonly Option<string?> s_stream = new("--stream") { Description = "One stream alone" };

    public static Command Create() => new("sync", "Sync a connection now, and what became of its runs")
    {
        Now(),
        List(),
        Runs(),
        LogOf(),
        OnRun("cancel", "Stop a run; what it has stored stays"),
        OnRun("approve", "Let what a suspect run holds back go through: deletes, or days without a sale"),
        OnRun("reject", "Keep what a suspect run would delete, or ask again for the days that it misses"),
    };

    private static Command Now()
    {
        var from = new Option<string?>("--from") { Description = "First business day, YYYY-MM-DD; sales only" };
        var to = new Option<string?>("--to") { Description = "Last business day, inclusive" };
        var quiet = new Option<bool>("--only-in-quiet-hours") { Description = "Fetch them only in the sync's quiet hours" };
        var wait = new Option<bool>("--wait") { Description = "Show how far it is, and end when it has ended: 0 only if all is well, 3 where a run is suspect" };
        return HostVerb.Online("now", "Run its syncs now, since where they are or over business days", [s_connection, s_stream, from, to, quiet, wait, ConnectionAddress.Tenant], async (parsed, host, stopping) =>
        {
            var path = await ConnectionAddress.FindAsync(host, parsed, parsed.GetValue(s_connection) ?? "", stopping);
            var range = new JsonObject { ["from"] = parsed.GetValue(from), ["to"] = parsed.GetValue(to), ["onlyInQuietHours"] = parsed.GetValue(quiet) };
            var isRange = range["from"] is not null || range["to"] is not null || parsed.GetValue(quiet);
            var runs = new JsonArray();
            foreach (var stream in parsed.GetValue(s_stream) is { } one ? [one] : isRange ? ["sales"] : await StreamsAsync(host, path, stopping))
            {
                runs.Add(await host.PostAsync($"{path}/syncs/{Uri.EscapeDataString(stream)}/runs", isRange ? range.DeepClone() : new JsonObject(), stopping));
            }

            for (var i = 0; parsed.GetValue(wait) && i < runs.Count; i++)
            {
                runs[i] = await WaitAsync(host, (string?)runs[i]?["id"] ?? "", Printed.Progress(parsed.GetValue(VerbOptions.Json)), stopping);
            }

            Print(new JsonObject { ["items"] = runs }, parsed);
            return parsed.GetValue(wait) ? ExitOf(runs) : ExitCode.Done;
        });
    }

    private static Command List() => HostVerb.Online("list", "How fresh each of its streams and locations is: up to when it was fetched, and where it is stale why, who must act and what happens next", [s_connection, ConnectionAddress.Tenant], async (parsed, host, stopping) =>
    {
        var path = await ConnectionAddress.FindAsync(host, parsed, parsed.GetValue(s_connection) ?? "", stopping);
        var scopes = new JsonArray();
        foreach (var (sync, scope) in ((await host.GetAsync($"{path}/syncs", stopping))["items"]?.AsArray() ?? []).SelectMany(static sync => sync?["scopes"]?.AsArray() ?? [], static (sync, scope) => (sync, scope)))
        {
            var row = scope?.DeepClone().AsObject() ?? [];
            row["stream"] = (string?)sync?["stream"];
            row["nextAt"] = (string?)scope?["next"]?["at"];
            scopes.Add(row);
        }

        Printed.List(
            new JsonObject { ["items"] = scopes },
            parsed,
            ("Stream", "stream"), ("Location", "name"), ("State", "state"), ("Through", "through"), ("Stale since", "staleSince"), ("Cause", "cause"), ("Who acts", "actor"), ("Next", "nextAt"));
        return scopes.Any(static scope => (string?)scope?["state"] == "stale") ? ExitCode.Findings : ExitCode.Done;
    });

    private static Command Runs() => HostVerb.Online("runs", "Its runs, newest first", [s_connection, s_stream, ConnectionAddress.Tenant], async (parsed, host, stopping) =>
    {
        var path = await ConnectionAddress.FindAsync(host, parsed, parsed.GetValue(s_connection) ?? "", stopping);
        var stream = parsed.GetValue(s_stream) is { } one ? $"?stream={Uri.EscapeDataString(one)}" : "";
        Print(await host.GetAsync($"{path}/runs{stream}", stopping), parsed);
        return ExitCode.Done;
    });

    private static Command LogOf() => HostVerb.Online("log", "What was logged within a run", [s_run], async (parsed, host, stopping) =>
    {
        Printed.List(await host.GetAsync($"api/v1/runs/{Uri.EscapeDataString(parsed.GetValue(s_run) ?? "")}/log", stopping), parsed, ("At", "at"), ("Level", "level"), ("Logger", "category"), ("Message", "message"));
        return ExitCode.Done;
    });

    private static Command OnRun(string verb, string description) => HostVerb.Online(verb, description, [s_run], async (parsed, host, stopping) =>
    {
        Printed.Text(await host.PostAsync($"api/v1/runs/{Uri.EscapeDataString(parsed.GetValue(s_run) ?? "")}/{verb}", null, stopping), parsed, "reason");
        return ExitCode.Done;
    });

    private static async Task<List<string>> StreamsAsync(HostClient host, string path, CancellationToken cancellationToken)
        => [.. ((await host.GetAsync($"{path}/syncs", cancellationToken))["items"]?.AsArray() ?? []).Where(static sync => (bool?)sync?["enabled"] == true).Select(static sync => (string?)sync?["stream"] ?? "")];

    /// <summary>Follows a run to its end.</summary>
    private static async Task<JsonNode> WaitAsync(HostClient host, string id, TextWriter progress, CancellationToken cancellationToken)
    {
        var path = $"api/v1/runs/{Uri.EscapeDataString(id)}";
        var told = "";
        await foreach (var run in host.WatchAsync($"{path}/events", cancellationToken))
        {
            if (LineOf(run) is var line && line != told)
            {
                await progress.WriteLineAsync(told = line);
            }
        }

        return await host.GetAsync(path, cancellationToken);
    }

    private static string LineOf(JsonNode run)
    {
        var records = ((string[])["inserted", "updated", "unchanged", "deleted"]).Sum(member => (long?)run[member] ?? 0);
        var windows = run["windows"] is { } all ? string.Create(CultureInfo.InvariantCulture, $", window {(int?)run["windowsDone"] ?? 0} of {(int?)all}") : "";
        var left = (double?)run["secondsLeft"] is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", {TimeSpan.FromSeconds(Math.Ceiling(seconds)):c} left") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Printed.Plain((string?)run["stream"])}: {records} records in {(int?)run["pages"] ?? 0} pages, {(double?)run["recordsPerSecond"] ?? 0:0} a second{windows}{left}, {Printed.Plain((string?)run["outcome"])}");
    }

    private static int ExitOf(JsonArray runs)
    {
        var outcomes = runs.Select(static run => (string?)run?["outcome"]).ToList();
        return outcomes.TrueForAll(static outcome => outcome == "completed") ? ExitCode.Done
            : outcomes.TrueForAll(static outcome => outcome is "completed" or "suspect") ? ExitCode.Findings
            : ExitCode.Failed;
    }

    private static void Print(JsonNode answer, ParseResult parsed) => Printed.List(
        answer,
        parsed,
        ("Run", "id"), ("Stream", "stream"), ("Trigger", "trigger"), ("Started", "startedAt"), ("Outcome", "outcome"), ("Did", "summary"), ("Reason", "reason"));
}
