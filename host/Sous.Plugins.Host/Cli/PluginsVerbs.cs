using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Json;
using Sous.Plugins.Host.Cli.Development;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Packages;
using Sous.Plugins.Host.Emergency;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>plugins</c>: what lies in the plugins folder, and what of it may serve. None of these verbs runs a driver's code by itself; a running host loads what is enabled.</summary>
internal static class PluginsVerbs
{
    private const string Drivers = "api/v1/drivers";

    private static readonly Lazy<JsonSerializerOptions> s_json = new(static () =>
    {
        var options = new JsonOptions();
        HttpJson.Configure(options);
        return options.SerializerOptions;
    });

    private static readonly Argument<string> s_id = new("id") { Description = "The driver's id" };

    public static Command Create() => new("plugins", "The plugins folder, and which of its drivers may serve") { List(), Inspect(), Verify(), Pin(), Enable(), Disable(), Release(), Install(), DevVerb.Create() };

    private static readonly Option<string?> s_source = new("--source") { Description = "A feed of packages that is asked for newer versions: a folder, or an https address" };
    private static readonly Option<string?> s_folder = new("--folder") { Description = "The folder below the plugins folder that its entry is to name from now on, as of a newer version" };

    private static Command List() => Verb("list", "Every plugin: its state, why one does not serve, and what is newer", [s_source], async (parsed, host, stopping) =>
    {
        var answer = host.IsRunning ? await host.Online().GetAsync(Drivers, stopping) : Shown(PluginInspection.Verify(PluginsFile.Read(FileOf(parsed))));
        var items = (answer["items"]?.AsArray() ?? []).OfType<JsonObject>().ToList();
        if (parsed.GetValue(s_source) is { } source)
        {
            await AskFeedAsync(items, source, stopping);
        }

        if (!parsed.GetValue(VerbOptions.Json))
        {
            items.ForEach(static item => ForPeople(item));
        }

        Printed.List(answer, parsed, ("Id", "id"), ("State", "state"), ("Version", "version"), ("Newer", "newer"), ("Generation", "generation"), ("Folder", "path"), ("Reason", "reason"), ("Remedy", "remedy"));
        return ExitCode.Done;
    });

    private static Command Inspect()
    {
        var path = new Argument<string>("path") { Description = "A plugin's folder" };
        var verb = new Command("inspect", "What a folder holds, without running any of it") { path };
        verb.SetAction(parsed =>
        {
            var plugin = PluginInspection.Inspect(parsed.GetValue(path) ?? "");
            Print(plugin, parsed);
            return plugin.Findings.Count == 0 ? ExitCode.Done : ExitCode.Findings;
        });
        return verb;
    }

    private static Command Verify()
    {
        var verb = new Command("verify", "Whether each enabled plugin is as its entry pins it, and could be loaded; exit code 3 where one is not") { VerbOptions.Plugins };
        verb.SetAction(parsed =>
        {
            var plugins = PluginInspection.Verify(PluginsFile.Read(FileOf(parsed)));
            Printed.List(Shown(plugins), parsed, ("Id", "id"), ("State", "state"), ("Version", "version"), ("SHA-256", "sha256"), ("Reason", "reason"), ("Remedy", "remedy"));
            return plugins.Any(static plugin => plugin is { Entry.Enabled: true, Findings.Count: > 0 }) ? ExitCode.Findings : ExitCode.Done;
        });
        return verb;
    }

    private static Command Pin() => Verb("pin", "Pin an entry to the version and the bytes that lie in its folder now", [s_id], (parsed, host, stopping) => ChangeAsync(parsed, host, "pin", "plugin.pinned", PluginEntries.Pin, stopping));

    private static Command Enable() => Verb("enable", "Let a driver serve; one without an entry gets one, pinned. A running host loads it at once", [s_id, s_folder], (parsed, host, stopping)
        => parsed.GetValue(s_folder) is not { } folder ? ChangeAsync(parsed, host, "enable", "plugin.enabled", PluginEntries.Enable, stopping)
            : ChangeAsync(parsed, host, $"enable?folder={Uri.EscapeDataString(folder)}", "plugin.enabled", (path, id) => PluginEntries.Switch(path, id, folder), stopping));

    private static Command Disable() => Verb("disable", "Let a driver serve no more; its entry and its pin stay", [s_id], (parsed, host, stopping) => ChangeAsync(parsed, host, "disable", "plugin.disabled", PluginEntries.Disable, stopping));

    private static Command Release() => HostVerb.Online("release", "Let a driver that was quarantined after defects serve again, as it is", [s_id], async (parsed, host, stopping) =>
    {
        Printed.Members(await host.PostAsync($"{Drivers}/{Uri.EscapeDataString(parsed.GetValue(s_id) ?? "")}/release", null, stopping), parsed, "id", "state", "version", "generation");
        return ExitCode.Done;
    });

    private static Command Install()
    {
        var package = new Argument<string>("package") { Description = "A .nupkg file, or a package's id" };
        var version = new Option<string?>("--version") { Description = "The version of an id [default: the newest that is no preview]" };
        var source = new Option<string?>("--source") { Description = "The feed that an id is looked up in: a folder, or an https address" };
        var verb = new Command("install", "Put a package's plugin into the plugins folder and enable it, pinned. A running host loads it within seconds") { package, version, source, VerbOptions.Plugins };
        verb.SetAction(async (parsed, stopping) =>
        {
            await using var content = await PackageFeed.OpenAsync(parsed.GetValue(package) ?? "", parsed.GetValue(version), parsed.GetValue(source), stopping);
            Print(PackageInstall.Install(content, FileOf(parsed)), parsed);
            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task<int> ChangeAsync(ParseResult parsed, RunningHost host, string verb, string action, Func<string, string, Finding?> change, CancellationToken stopping)
    {
        var id = parsed.GetValue(s_id) ?? "";
        if (host.IsRunning)
        {
            Printed.Members(await host.Online().PostAsync($"{Drivers}/{Uri.EscapeDataString(id)}/{verb}", null, stopping), parsed, "id", "state", "version", "generation", "sha256", "reason", "remedy");
            return ExitCode.Done;
        }

        return await ChangeFileAsync(parsed, host, id, action, change, stopping);
    }

    /// <summary>Changes plugins.json where no host runs, and notes it in the data folder's trail.</summary>
    private static async Task<int> ChangeFileAsync(ParseResult parsed, RunningHost host, string id, string action, Func<string, string, Finding?> change, CancellationToken stopping)
    {
        if (change(FileOf(parsed), id) is { } finding)
        {
            throw new VerbFailedException(ExitCode.Failed, $"{finding.Reason} {finding.Remedy}");
        }

        await OfflineAudit.AppendAsync(host, action, id, stopping);
        Print(PluginInspection.Verify(PluginsFile.Read(FileOf(parsed))).First(plugin => plugin.Id == id), parsed);
        return ExitCode.Done;
    }

    /// <summary><c>emergency disable-driver</c>: works as <c>disable</c> does, and stops what is under way.</summary>
    public static Command EmergencyDisable() => Verb("disable-driver", "Let a driver serve no more, and stop what is under way in it; works on plugins.json too, where no host runs", [s_id], async (parsed, host, stopping) =>
    {
        var id = parsed.GetValue(s_id) ?? "";
        if (!host.IsRunning)
        {
            return await ChangeFileAsync(parsed, host, id, EmergencyDrivers.Action, PluginEntries.Disable, stopping);
        }

        Printed.Members(await host.Online().PostAsync("api/v1/emergency/disable-driver", new JsonObject { ["driver"] = id }, stopping), parsed);
        return ExitCode.Done;
    });

    /// <summary>Through the host that runs on the data folder, or a remote one; else on plugins.json itself.</summary>
    private static Command Verb(string name, string description, Symbol[] own, Func<ParseResult, RunningHost, CancellationToken, Task<int>> action)
    {
        var verb = new Command(name, description) { VerbOptions.Plugins, VerbOptions.Data, VerbOptions.Url, VerbOptions.Key };
        foreach (var argument in own.OfType<Argument>())
        {
            verb.Add(argument);
        }

        foreach (var option in own.OfType<Option>())
        {
            verb.Add(option);
        }

        verb.SetAction(async (parsed, stopping) =>
        {
            await using var host = RunningHost.Find(parsed);
            return await action(parsed, host, stopping);
        });
        return verb;
    }

    private static string FileOf(ParseResult parsed) => parsed.GetValue(VerbOptions.Plugins) ?? new DriversOptions().Plugins;

    private static JsonObject Shown(IReadOnlyList<InspectedPlugin> plugins) => new() { ["items"] = new JsonArray([.. plugins.Select(Show)]) };

    /// <summary>Adds what a feed has that is newer than what is there, by the package that each plugin came from.</summary>
    private static async Task AskFeedAsync(IEnumerable<JsonObject> items, string source, CancellationToken stopping)
    {
        foreach (var item in items.Where(static item => item["package"] is not null))
        {
            var package = (string?)item["package"] ?? "";
            var newest = await PackageFeed.FindNewestAsync(package, source, stopping);
            if (NewerPlugin.IsNewer(newest, (string?)item["newer"]?["version"] ?? (string?)item["version"]))
            {
                item["newer"] = new JsonObject { ["version"] = newest, ["package"] = package, ["source"] = source };
            }
        }
    }

    private static void Print(InspectedPlugin plugin, ParseResult parsed)
    {
        var shown = Show(plugin);
        if (!parsed.GetValue(VerbOptions.Json))
        {
            ForPeople(shown);
        }

        Printed.Members(shown, parsed);
    }

    /// <summary>The conformance card as one line, and one for the rules of each grade; and what is newer as one.</summary>
    private static void ForPeople(JsonObject shown)
    {
        if (shown["newer"] is JsonObject newer)
        {
            shown["newer"] = $"{newer["version"]} in {newer["folder"] ?? newer["source"]}";
        }

        if (shown["conformance"] is not JsonObject card)
        {
            return;
        }

        shown["conformance"] = (string?)card["summary"];
        foreach (var grade in ((bool?)card["ofThisBuild"] == true ? card["rules"]?.AsArray() ?? [] : []).GroupBy(static rule => (string?)rule?["grade"] ?? ""))
        {
            shown[grade.Key] = string.Join(", ", grade.Select(static rule => $"{Sign((string?)rule?["outcome"])} {rule?["id"]}"));
        }
    }

    private static char Sign(string? outcome) => outcome switch { "met" => '✓', "broken" => '✗', "not_applicable" => '–', _ => '?' };

    private static JsonObject Show(InspectedPlugin plugin) => new()
    {
        ["id"] = plugin.Id,
        ["name"] = plugin.Manifest?.Name,
        ["version"] = plugin.Manifest?.Version,
        ["state"] = plugin.Entry switch { null => "unlisted", { Enabled: false } => "disabled", _ => plugin.Findings.Count > 0 ? "refused" : "loadable" },
        ["path"] = plugin.Folder,
        ["contract"] = plugin.Manifest?.Contract,
        ["streams"] = string.Join(", ", plugin.Manifest?.Streams.Select(static stream => stream.Name) ?? []),
        ["sha256"] = plugin.Sha256,
        ["newer"] = JsonSerializer.SerializeToNode(plugin.Newer, s_json.Value),
        ["package"] = plugin.Package,
        ["conformance"] = JsonSerializer.SerializeToNode(plugin.Conformance, s_json.Value),
        ["reason"] = plugin.Findings.Count == 0 ? null : string.Join(' ', plugin.Findings.Select(static finding => finding.Reason)),
        ["remedy"] = plugin.Findings.Count == 0 ? null : string.Join(' ', plugin.Findings.Select(static finding => finding.Remedy).Distinct()),
    };
}
