using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Json;
using Sous.Plugins.Host.Cli.Development;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Packages;
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

    private static Command List() => Verb("list", "Every plugin: its state, and why one does not serve", [], async (parsed, host, stopping) =>
    {
        var answer = host is null ? Shown(PluginInspection.Verify(PluginsFile.Read(FileOf(parsed)))) : await host.GetAsync(Drivers, stopping);
        Printed.List(answer, parsed, ("Id", "id"), ("State", "state"), ("Version", "version"), ("Generation", "generation"), ("Folder", "path"), ("Reason", "reason"), ("Remedy", "remedy"));
        return ExitCode.Done;
    });

    private static Command Inspect()
    {
        var path = new Argument<string>("path") { Description = "A plugin's folder" };
        var verb = new Command("inspect", "What a folder holds, without running any of it") { path };
        verb.SetAction(parsed =>
        {
            var plugin = PluginInspection.Inspect(parsed.GetValue(path) ?? "");
            var shown = Show(plugin);
            Printed.Members(parsed.GetValue(VerbOptions.Json) ? shown : ForPeople(shown, plugin.Conformance), parsed);
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

    private static Command Pin() => Verb("pin", "Pin an entry to the version and the bytes that lie in its folder now", [s_id], (parsed, host, stopping) => ChangeAsync(parsed, host, "pin", PluginEntries.Pin, stopping));

    private static Command Enable() => Verb("enable", "Let a driver serve; one without an entry gets one, pinned. A running host loads it at once", [s_id], (parsed, host, stopping) => ChangeAsync(parsed, host, "enable", PluginEntries.Enable, stopping));

    private static Command Disable() => Verb("disable", "Let a driver serve no more; its entry and its pin stay", [s_id], (parsed, host, stopping) => ChangeAsync(parsed, host, "disable", PluginEntries.Disable, stopping));

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
            Printed.Members(Show(PackageInstall.Install(content, FileOf(parsed))), parsed);
            return ExitCode.Done;
        });
        return verb;
    }

    private static async Task<int> ChangeAsync(ParseResult parsed, HostClient? host, string verb, Func<string, string, Finding?> change, CancellationToken stopping)
    {
        var id = parsed.GetValue(s_id) ?? "";
        if (host is not null)
        {
            Printed.Members(await host.PostAsync($"{Drivers}/{Uri.EscapeDataString(id)}/{verb}", null, stopping), parsed, "id", "state", "version", "generation", "sha256", "reason", "remedy");
            return ExitCode.Done;
        }

        if (change(FileOf(parsed), id) is { } finding)
        {
            throw new VerbFailedException(ExitCode.Failed, $"{finding.Reason} {finding.Remedy}");
        }

        Printed.Members(Show(PluginInspection.Verify(PluginsFile.Read(FileOf(parsed))).First(plugin => plugin.Id == id)), parsed);
        return ExitCode.Done;
    }

    /// <summary>Through the host that runs on the data folder, or a remote one; else on plugins.json itself, and then the host is null.</summary>
    private static Command Verb(string name, string description, Symbol[] own, Func<ParseResult, HostClient?, CancellationToken, Task<int>> action)
    {
        var verb = new Command(name, description) { VerbOptions.Plugins, VerbOptions.Data, VerbOptions.Url, VerbOptions.Key };
        foreach (var argument in own.OfType<Argument>())
        {
            verb.Add(argument);
        }

        verb.SetAction(async (parsed, stopping) =>
        {
            await using var host = RunningHost.Find(parsed);
            return await action(parsed, host.IsRunning ? host.Online() : null, stopping);
        });
        return verb;
    }

    private static string FileOf(ParseResult parsed) => parsed.GetValue(VerbOptions.Plugins) ?? new DriversOptions().Plugins;

    private static JsonObject Shown(IReadOnlyList<InspectedPlugin> plugins) => new() { ["items"] = new JsonArray([.. plugins.Select(Show)]) };

    /// <summary>The conformance card as one line, and one for the rules of each grade.</summary>
    private static JsonObject ForPeople(JsonObject shown, DriverCard? card)
    {
        shown["conformance"] = card?.Summary;
        foreach (var grade in (card?.OfThisBuild == true ? card.Rules : []).GroupBy(static rule => rule.Grade))
        {
            shown[grade.Key.ToString().ToLowerInvariant()] = string.Join(", ", grade.Select(static rule => $"{Sign(rule.Outcome)} {rule.Id}"));
        }

        return shown;
    }

    private static char Sign(CardOutcome outcome) => outcome switch { CardOutcome.Met => '✓', CardOutcome.Broken => '✗', CardOutcome.NotApplicable => '–', _ => '?' };

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
        ["conformance"] = JsonSerializer.SerializeToNode(plugin.Conformance, s_json.Value),
        ["reason"] = plugin.Findings.Count == 0 ? null : string.Join(' ', plugin.Findings.Select(static finding => finding.Reason)),
        ["remedy"] = plugin.Findings.Count == 0 ? null : string.Join(' ', plugin.Findings.Select(static finding => finding.Remedy).Distinct()),
    };
}
