using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>checkpoints</c>: where a connection's next runs go on from; changed only while it is paused.</summary>
internal static class CheckpointsVerbs
{
    private static readonly Argument<string> s_connection = new("id") { Description = "The connection" };
    private static readonly Option<string?> s_stream = new("--stream") { Description = "One stream alone" };

    public static Command Create() => new("checkpoints", "Where a connection's next runs go on from; changed only while it is paused") { Show(), Reset(), Set() };

    private static Command Show() => Verb("show", "What is stored; with --json in a form that `set` takes", [s_stream], async (parsed, host, path, stopping) =>
    {
        var shown = new JsonArray();
        foreach (var stream in await StreamsAsync(parsed, host, path, stopping))
        {
            AddTo(shown, await host.GetAsync(PathOf(path, stream), stopping));
        }

        Print(shown, parsed);
        return ExitCode.Done;
    });

    private static Command Reset()
    {
        var stream = new Option<string>("--stream") { Description = "The stream", Required = true };
        var location = new Option<string?>("--location") { Description = "One location alone, by the service's id" };
        return Verb("reset", "Forget them: the next run begins from nothing. Prints what was forgotten", [stream, location], async (parsed, host, path, stopping) =>
        {
            var only = parsed.GetValue(location) is { } one ? $"?location={Uri.EscapeDataString(one)}" : "";
            var forgotten = new JsonArray();
            AddTo(forgotten, await host.DeleteAsync(PathOf(path, parsed.GetValue(stream)) + only, stopping));
            Print(forgotten, parsed);
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        var file = new Argument<string>("file") { Description = "What `show --json` or `reset --json` printed; - for stdin" };
        return Verb("set", "Put back what was shown before", [file, s_stream], async (parsed, host, path, stopping) =>
        {
            var set = new JsonArray();
            var told = await ReadAsync(parsed.GetValue(file) ?? "", stopping);
            foreach (var stream in told.GroupBy(static item => (string?)item["stream"]).Where(stream => parsed.GetValue(s_stream) is not { } one || one == stream.Key))
            {
                AddTo(set, await host.PutAsync(PathOf(path, stream.Key), new JsonObject { ["items"] = new JsonArray([.. stream.Select(static item => item.DeepClone())]) }, stopping));
            }

            Print(set, parsed);
            return ExitCode.Done;
        });
    }

    private static Command Verb(string name, string description, Symbol[] own, Func<ParseResult, HostClient, string, CancellationToken, Task<int>> action)
        => HostVerb.Online(name, description, [s_connection, .. own, ConnectionAddress.Tenant], async (parsed, host, stopping) =>
            await action(parsed, host, await ConnectionAddress.FindAsync(host, parsed, parsed.GetValue(s_connection) ?? "", stopping), stopping));

    private static async Task<IEnumerable<string>> StreamsAsync(ParseResult parsed, HostClient host, string path, CancellationToken cancellationToken)
        => parsed.GetValue(s_stream) is { } one ? [one]
            : ((await host.GetAsync($"{path}/syncs", cancellationToken))["items"]?.AsArray() ?? []).Select(static sync => (string?)sync?["stream"] ?? "");

    private static async Task<List<JsonObject>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            var text = file == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(file, cancellationToken);
            if (JsonNode.Parse(text) is JsonObject { } told && told["items"] is JsonArray { Count: > 0 } items && items.All(static item => item is JsonObject one && one["stream"] is JsonValue))
            {
                return [.. items.OfType<JsonObject>()];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VerbFailedException(ExitCode.Failed, $"{file} cannot be read: {e.Message}");
        }
        catch (JsonException)
        {
            // Said below, as with any other text that is none.
        }

        throw new VerbFailedException(ExitCode.Failed, $"{file} does not hold what `checkpoints show --json` prints.");
    }

    private static string PathOf(string path, string? stream) => $"{path}/syncs/{Uri.EscapeDataString(stream ?? "")}/checkpoints";

    private static void AddTo(JsonArray all, JsonNode answer)
    {
        foreach (var item in answer["items"]?.AsArray() ?? [])
        {
            all.Add(item?.DeepClone());
        }
    }

    private static void Print(JsonArray items, ParseResult parsed) => Printed.List(
        new JsonObject { ["items"] = items },
        parsed,
        ("Stream", "stream"), ("Location", "location"), ("Position", "position"), ("Fence", "fence"), ("Stored", "storedAt"));
}
