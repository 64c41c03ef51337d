using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>audit</c>: who changed what, and who was refused; works offline too.</summary>
internal static class AuditVerbs
{
    private const string Path = "api/v1/audit";

    public static Command Create() => new("audit", "Who changed what, and who was refused") { List(), Verify() };

    private static Command List()
    {
        var after = new Option<long>("--after") { Description = "The place to begin after [default: the first entry]" };
        var limit = new Option<int>("--limit") { Description = "How many at most, to 1000", DefaultValueFactory = static _ => 100 };
        return HostVerb.OnlineOrOffline("list", "The entries, oldest first", [after, limit], async (parsed, host, stopping) =>
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{Path}?after={parsed.GetValue(after)}&limit={parsed.GetValue(limit)}");
            Printed.List(
                await host.GetAsync(path, stopping), parsed, ("Place", "sequence"), ("At", "at"), ("Who", "actor"), ("Did", "action"), ("Tenant", "tenant"), ("To", "target"), ("Detail", "detail"));
            return ExitCode.Done;
        });
    }

    private static Command Verify()
    {
        var head = new Option<string?>("--head") { Description = "N:HASH as an earlier verify or the log told it: whether all up to there still stand" };
        var verb = HostVerb.OnlineOrOffline("verify", "Whether no entry was changed, taken out, moved or cut off; exit code 3 where one was", [head], async (parsed, host, stopping) =>
        {
            var known = parsed.GetValue(head)?.Split(':', 2);
            var verdict = await host.GetAsync($"{Path}/verification{(known is null ? "" : $"?entries={known[0]}&head={Uri.EscapeDataString(known[1])}")}", stopping);
            var fault = verdict["fault"];
            Printed.Lines(verdict, parsed, fault is null ? $"{verdict["entries"]}:{verdict["head"]}" : $"Entry {fault["sequence"]}: {fault["reason"]}");
            return fault is null ? ExitCode.Done : ExitCode.Findings;
        });
        verb.Validators.Add(result =>
        {
            if (result.GetValue(head) is { } text && !(text.Split(':') is [var number, { Length: 64 }] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            {
                result.AddError("--head is a number of entries and the hash of the last, such as 1200:3f… with 64 digits.");
            }
        });
        return verb;
    }
}
