using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>What arrived, per stream and location, and whether each business day ties out.</summary>
internal sealed class DemoReport(
    IReadOnlyList<DemoLocation> locations,
    IReadOnlyDictionary<(string Service, string Stream, string? Location), int> records,
    IReadOnlyList<JsonNode> days,
    DemoFile file,
    bool secondRunChangedNothing,
    Uri host)
{
    private static readonly string[] Sums = ["gross", "net", "tax", "tips", "refunds"];

    /// <summary>What services told of by themselves.</summary>
    public IReadOnlyList<DemoPush> Pushes { get; set; } = [];

    /// <summary>The busiest location of a service, by the service's own id: one that closed long ago is not synced any more.</summary>
    public string BusiestOf(string service)
    {
        var own = records.Where(pair => pair.Key.Service == service && pair.Key.Location is not null).MaxBy(static pair => pair.Value).Key.Location;
        return locations.First(known => known.OwnId == own).ExternalId;
    }

    /// <summary>Whether something arrived everywhere, every day ties out, the file's bytes are right, a second run changed nothing, and what was told of came.</summary>
    public bool AllTied => secondRunChangedNothing && Pushes.All(static push => push.After is not null) && file.IsRight && records.Count > 0 && days.Count > 0 && days.All(Agrees);

    public void Print(bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(ToJson().ToJsonString());
            return;
        }

        var table = new Table().RoundedBorder().AddColumns("Service", "Stream", "Location");
        foreach (var name in (string[])["Records", "Business day", "Gross", "Net", "Tax", "Tips", "Refunds"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("Tie-out");
        foreach (var ((service, stream, location), count) in records.OrderBy(static pair => string.Join('/', pair.Key.Service, pair.Key.Stream, pair.Key.Location), StringComparer.Ordinal))
        {
            table.AddRow([new Text(service), .. Row(stream, location, count).Select(static cell => new Text(cell))]);
        }

        Printed.Table(table);
        AnsiConsole.WriteLine(secondRunChangedNothing ? "✓ A second run of the same syncs changed nothing." : "✗ A second run of the same syncs made changes.");
        foreach (var push in Pushes)
        {
            AnsiConsole.WriteLine(push.ToString());
        }

        AnsiConsole.WriteLine(CultureInfo.InvariantCulture, "Change feed and API at {0}", host);
    }

    private IEnumerable<string> Row(string stream, string? location, int count)
    {
        var own = days.Where(day => stream == "sales" && (string?)day["location"] == location).OrderBy(static day => (string?)day["day"], StringComparer.Ordinal).ToList();
        // The newest day with sales may still be going on.
        var busy = own.Where(static day => (int?)day["sales"] > 0).ToList();
        var last = busy.Count > 1 ? busy[^2] : busy.LastOrDefault();
        return
        [
            stream,
            locations.FirstOrDefault(known => known.OwnId == location)?.Name ?? location ?? "all",
            count.ToString("N0", CultureInfo.InvariantCulture),
            (string?)last?["day"] ?? "",
            .. Sums.Select(sum => Amount(last?[sum])),
            stream switch { "sales" => TieOut(own), "files" => file.ToString(), _ => "" },
        ];
    }

    private static string TieOut(List<JsonNode> own)
    {
        var open = own.FirstOrDefault(static day => !Agrees(day));
        return open is null
            ? $"✓ {own.Count} days"
            : $"✗ {own.Count(static day => !Agrees(day))} of {own.Count} days: {(string?)open["day"]} {string.Join(", ", Differences(open))}";
    }

    private static IEnumerable<string> Differences(JsonNode day)
        => (day["tieOut"]?["figures"]?.AsArray() ?? []).OfType<JsonNode>()
            .Where(static figure => (bool?)figure["ties"] != true)
            .Select(static figure => $"{(string?)figure["name"]} {Difference(figure)}");

    private static string Difference(JsonNode figure) => (string?)figure["ourCurrency"] is { } currency
        ? new Sdk.Money((long?)figure["difference"] ?? 0, currency).ToString()
        : ((long?)figure["difference"] ?? 0).ToString(CultureInfo.InvariantCulture);

    private static bool Agrees(JsonNode day) => (bool?)day["tieOut"]?["ties"] == true;

    private static string Amount(JsonNode? money)
        => money is null ? "" : new Sdk.Money((long?)money["minor"] ?? 0, (string?)money["currency"] ?? "").ToString();

    private JsonObject ToJson() => new()
    {
        ["tied"] = AllTied,
        ["secondRunChangedNothing"] = secondRunChangedNothing,
        ["records"] = new JsonArray([.. records.Select(static pair => (JsonNode)new JsonObject { ["service"] = pair.Key.Service, ["stream"] = pair.Key.Stream, ["location"] = pair.Key.Location, ["records"] = pair.Value })]),
        ["file"] = new JsonObject { ["name"] = file.Name, ["size"] = file.Size, ["md5Right"] = file.IsRight },
        ["pushes"] = new JsonArray([.. Pushes.Select(static push => (JsonNode)new JsonObject { ["service"] = push.Service, ["seconds"] = push.After?.TotalSeconds })]),
        ["days"] = new JsonArray([.. days.Select(static day => day.DeepClone())]),
        ["address"] = host.AbsoluteUri,
    };
}
