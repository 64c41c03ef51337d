using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>locations</c>: which of the platform's own locations a service's stand for.</summary>
internal static class LocationsVerbs
{
    private static readonly Argument<string> s_connection = new("id") { Description = "The connection" };
    private static readonly Argument<string> s_external = new("external") { Description = "The service's id of the location, as listed" };

    public static Command Create() => new("locations", "A connection's locations, and what they are mapped to") { List(), Suggest(), Map(), Unmap() };

    private static Command List() => Verb("list", "The locations, with what was found of them since somebody last looked", [], async (parsed, host, path, stopping) =>
    {
        var answer = await host.ListAsync(path, stopping);
        foreach (var item in parsed.GetValue(VerbOptions.Json) ? [] : Items(answer))
        {
            item["found"] = string.Join(" ", (item["findings"]?.AsArray() ?? []).Select(static finding => (string?)finding?["text"]));
        }

        Printed.List(answer, parsed, ("External id", "externalId"), ("Name", "name"), ("Zone", "timeZone"), ("Own id", "ownId"), ("Held", "held"), ("Found", "found"));
        return ExitCode.Done;
    });

    private static Command Suggest() => Verb("suggest", "Own locations that may be the ones meant, best first; nothing is mapped", [], async (parsed, host, path, stopping) =>
    {
        var answer = await host.GetAsync($"{path}/suggestions", stopping);
        Printed.List(
            parsed.GetValue(VerbOptions.Json) ? answer : Flat(answer),
            parsed,
            ("External id", "externalId"), ("Name", "name"), ("Own id", "ownId"), ("Confidence", "confidence"), ("Reasons", "reasons"));
        return ExitCode.Done;
    });

    private static Command Map()
    {
        var own = new Argument<string>("own") { Description = "The platform's own id of it" };
        return Verb("map", "Say which own location it is; what was held of it is released", [s_external, own], async (parsed, host, path, stopping) =>
        {
            var mapped = await host.PutAsync(PathOf(path, parsed), new JsonObject { ["ownId"] = parsed.GetValue(own) }, stopping);
            Printed.Text(mapped, parsed, "ownId");
            return ExitCode.Done;
        });
    }

    private static Command Unmap() => Verb("unmap", "Take its mapping away; its records are held from then on", [s_external], async (parsed, host, path, stopping) =>
    {
        Printed.Text(await host.DeleteAsync(PathOf(path, parsed), stopping), parsed, "held");
        return ExitCode.Done;
    });

    private static Command Verb(string name, string description, Symbol[] own, Func<ParseResult, HostClient, string, CancellationToken, Task<int>> action)
        => HostVerb.Online(name, description, [s_connection, .. own, ConnectionAddress.Tenant], async (parsed, host, stopping) =>
        {
            var connection = await ConnectionAddress.FindAsync(host, parsed, parsed.GetValue(s_connection) ?? "", stopping);
            return await action(parsed, host, $"{connection}/locations", stopping);
        });

    private static string PathOf(string path, ParseResult parsed) => $"{path}/{Uri.EscapeDataString(parsed.GetValue(s_external) ?? "")}";

    /// <summary>A row for each suggestion, and one for a location without any.</summary>
    private static JsonObject Flat(JsonNode answer)
    {
        var rows = new JsonArray();
        foreach (var item in Items(answer))
        {
            var suggestions = item["suggestions"]?.AsArray() ?? [];
            foreach (var suggestion in suggestions.Count > 0 ? suggestions : [null])
            {
                rows.Add(new JsonObject
                {
                    ["externalId"] = (string?)item["externalId"],
                    ["name"] = (string?)item["name"],
                    ["ownId"] = (string?)suggestion?["ownId"],
                    ["confidence"] = ((double?)suggestion?["confidence"])?.ToString("0.00", CultureInfo.InvariantCulture),
                    ["reasons"] = string.Join(" ", (suggestion?["reasons"]?.AsArray() ?? []).Select(static reason => (string?)reason)),
                });
            }
        }

        return new JsonObject { ["items"] = rows };
    }

    private static IEnumerable<JsonObject> Items(JsonNode answer) => (answer["items"]?.AsArray() ?? []).OfType<JsonObject>();
}
