using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Days;
using Spectre.Console;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>days</c>: a tenant's business days in figures, what was closed, and what does not tie out. Where a ✗ is among them the exit code says so.</summary>
internal static class DaysVerbs
{
    /// <summary>As many days as the API answers at once.</summary>
    private const int AtOnce = 92;

    /// <summary>Days that are listed where none are named.</summary>
    private const int Usual = 7;

    private static readonly Option<string> s_tenant = new("--tenant") { Description = "The tenant", Required = true };
    private static readonly Option<string?> s_location = new("--location") { Description = "One location, by the platform's own id [default: all]" };
    private static readonly Option<DateOnly?> s_from = Day("--from", "The first business day [default: a week ago, or --to alone]");
    private static readonly Option<DateOnly?> s_to = Day("--to", "The last business day [default: today, or --from alone]");

    public static Command Create() => new("days", "A tenant's business days, closed and tied out") { List(), Show(), Export() };

    private static Command List() => Verb("list", "The days, with what their tie-out says", [s_from, s_to], static async (parsed, host, stopping) =>
    {
        var days = await ReadAsync(parsed, host, stopping);
        if (parsed.GetValue(VerbOptions.Json))
        {
            Console.Out.WriteLine(new JsonObject { ["items"] = new JsonArray([.. days.Select(static day => day.DeepClone())]) }.ToJsonString());
            return Exit(days);
        }

        var table = new Table().RoundedBorder().AddColumns("Day", "Location", "Name");
        foreach (var name in (string[])["Sales", "Net", "Tax", "Payments", "Tips", "Refunds"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("Tie-out");
        foreach (var day in days)
        {
            table.AddRow(Row(day).Select(static cell => new Text(Printed.Plain(cell))));
        }

        Printed.Table(table);
        return Exit(days);
    });

    private static string?[] Row(JsonObject day) =>
    [
        (string?)day["day"],
        (string?)day["location"] ?? (string?)day["externalLocation"],
        (string?)day["name"],
        DayText.Amount(day["sales"]),
        .. ((string[])["net", "tax", "payments", "tips", "refunds"]).Select(figure => DayText.Amount(day[figure])),
        DayText.TieOut(day),
    ];

    private static Command Show()
    {
        var day = new Argument<DateOnly>("day") { Description = "The business day, such as 2026-03-14", CustomParser = ParseDay };
        return Verb("show", "One day, each figure as it was closed, as it is, and as the service tells it", [day], async (parsed, host, stopping) =>
        {
            var days = await ReadAsync(parsed, host, parsed.GetValue(day), parsed.GetValue(day), stopping);
            if (days.Count == 0)
            {
                throw new VerbFailedException(ExitCode.Failed, $"Nothing is known of {parsed.GetValue(day):yyyy-MM-dd}.");
            }

            foreach (var one in days)
            {
                Print(one, parsed);
            }

            return Exit(days);
        });
    }

    private static Command Export()
    {
        var csv = new Option<bool>("--csv") { Description = "As CSV, for a spreadsheet; otherwise a line of JSON for each day" };
        return Verb("export", "The days on stdout, one a line", [s_from, s_to, csv], async (parsed, host, stopping) =>
        {
            var days = await ReadAsync(parsed, host, stopping);
            if (parsed.GetValue(csv))
            {
                Console.Out.Write(DaySheet.Write(days));
                return Exit(days);
            }

            foreach (var day in days)
            {
                Console.Out.WriteLine(day.ToJsonString());
            }

            return Exit(days);
        });
    }

    private static void Print(JsonObject day, ParseResult parsed)
    {
        if (parsed.GetValue(VerbOptions.Json))
        {
            Console.Out.WriteLine(day.ToJsonString());
            return;
        }

        var table = new Table().RoundedBorder().AddColumn("Figure");
        foreach (var heading in (string[])["As closed", "Now", "Service", "Difference"])
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        var told = (day["tieOut"]?["figures"]?.AsArray() ?? []).OfType<JsonObject>().ToDictionary(static figure => (string?)figure["name"] ?? "");
        var closed = day["closedAt"] is null ? null : day["asClosed"] ?? day;
        foreach (var (name, member) in DaySheet.Figures)
        {
            var figure = told.GetValueOrDefault(name);
            table.AddRow(
                name,
                DayText.Amount(closed?[member]),
                DayText.Amount(day[member]),
                figure is null ? "" : DayText.Amount((long?)figure["theirs"] ?? 0, (string?)figure["theirCurrency"]),
                figure is null ? "" : DayText.Amount((long?)figure["difference"] ?? 0, (string?)figure["ourCurrency"]));
        }

        AnsiConsole.WriteLine(Printed.Plain($"{(string?)day["day"]}  {(string?)day["location"] ?? (string?)day["externalLocation"]}  {(string?)day["name"]}"));
        Printed.Table(table);
        AnsiConsole.WriteLine(Printed.Plain(DayText.Standing(day)));
    }

    private static int Exit(IReadOnlyList<JsonObject> days) => days.Any(DayText.Differs) ? ExitCode.Findings : ExitCode.Done;

    private static Task<List<JsonObject>> ReadAsync(ParseResult parsed, HostClient host, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var (from, to) = (parsed.GetValue(s_from), parsed.GetValue(s_to));
        return ReadAsync(parsed, host, from ?? to ?? today.AddDays(-Usual), to ?? from ?? today, cancellationToken);
    }

    private static async Task<List<JsonObject>> ReadAsync(ParseResult parsed, HostClient host, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        var location = parsed.GetValue(s_location) is { } own ? $"&location={Uri.EscapeDataString(own)}" : "";
        var days = new List<JsonObject>();
        for (var first = from; first <= to || first == from; first = first.AddDays(AtOnce))
        {
            var last = to.DayNumber - first.DayNumber < AtOnce ? to : first.AddDays(AtOnce - 1);
            var path = string.Create(
                CultureInfo.InvariantCulture, $"api/v1/tenants/{Uri.EscapeDataString(parsed.GetValue(s_tenant) ?? "")}/days?from={first:yyyy-MM-dd}&to={last:yyyy-MM-dd}{location}");
            days.AddRange(((await host.ListAsync(path, cancellationToken))["items"]?.AsArray() ?? []).OfType<JsonObject>());
        }

        return [.. days.OrderBy(static day => (string?)day["day"], StringComparer.Ordinal)];
    }

    private static Command Verb(string name, string description, Symbol[] own, Func<ParseResult, HostClient, CancellationToken, Task<int>> action)
        => HostVerb.Online(name, description, [.. own, s_tenant, s_location], action);

    private static Option<DateOnly?> Day(string name, string description) => new(name) { Description = description, CustomParser = static result => ParseDay(result) };

    private static DateOnly ParseDay(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            result.AddError($"'{text}' is not a day such as 2026-03-14.");
        }

        return day;
    }
}
