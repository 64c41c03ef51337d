using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Sous.Plugins.Host.Cli;

/// <summary>A verb's answer on stdout: the API's own with <c>--json</c>, else in plain text.</summary>
internal static class Printed
{
    private const int WideEnough = 200;

    /// <summary>How far a verb is, on stderr, since stdout carries data only; nowhere with <c>--json</c>, where stderr is for the one object that says why a verb failed.</summary>
    public static TextWriter Progress(bool json) => json ? TextWriter.Null : Console.Error;

    /// <summary>One member alone on a line, so that a shell can take it; or all as JSON.</summary>
    public static void Text(JsonNode answer, ParseResult parsed, string member)
        => Console.Out.WriteLine(parsed.GetValue(VerbOptions.Json) ? answer.ToJsonString() : Plain(answer[member]));

    /// <summary>Sentences, a line each; or the answer as JSON.</summary>
    public static void Lines(JsonNode answer, ParseResult parsed, params IEnumerable<string> lines)
    {
        foreach (var line in parsed.GetValue(VerbOptions.Json) ? [answer.ToJsonString()] : lines)
        {
            Console.Out.WriteLine(Plain(line));
        }
    }

    /// <summary>An object's members, those that it has, a line each; or as JSON.</summary>
    /// <param name="wanted">The members to show; all where none is named.</param>
    public static void Members(JsonNode answer, ParseResult parsed, params string[] wanted)
    {
        if (parsed.GetValue(VerbOptions.Json))
        {
            Console.Out.WriteLine(answer.ToJsonString());
            return;
        }

        foreach (var (name, value) in answer.AsObject().Where(member => member.Value is not null && (wanted.Length == 0 || wanted.Contains(member.Key))))
        {
            Console.Out.WriteLine($"{name}: {Plain(value)}");
        }
    }

    /// <summary>A list of the API as a table, a member a column; or as JSON.</summary>
    /// <param name="columns">Heading and member.</param>
    public static void List(JsonNode answer, ParseResult parsed, params (string Heading, string Member)[] columns)
    {
        if (parsed.GetValue(VerbOptions.Json))
        {
            Console.Out.WriteLine(answer.ToJsonString());
            return;
        }

        var table = new Table().RoundedBorder();
        foreach (var (heading, _) in columns)
        {
            table.AddColumn(heading);
        }

        foreach (var item in answer["items"]?.AsArray() ?? [])
        {
            table.AddRow(columns.Select(column => new Text(Plain(item?[column.Member]))));
        }

        Table(table);
    }

    public static void Table(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            // Nobody wraps lines in a file: without this the table is cut for 80 columns.
            AnsiConsole.Profile.Width = WideEnough;
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Without control codes: a name that a service or an owner gave may carry a terminal's.</summary>
    public static string Plain(string? text) => string.Concat((text ?? "").Where(static letter => !char.IsControl(letter)));

    private static string Plain(JsonNode? value) => Plain(value?.ToString());
}
