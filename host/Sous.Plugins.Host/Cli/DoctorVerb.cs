using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Doctor;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>doctor</c>: what does not work, or will not after the next start, and what to do about it; asked of the running host or, where none runs, looked at here.</summary>
internal static class DoctorVerb
{
    public static Command Create(Option<string?> urls)
    {
        var verb = new Command("doctor", "Check settings, keys, stores, clock, ports, plugins, registrations and public URL, each with what to do; exit code 3 where a check failed")
        {
            urls, VerbOptions.Data, VerbOptions.Plugins, VerbOptions.Url, VerbOptions.Key,
        };
        verb.SetAction(async (parsed, stopping) =>
        {
            var report = await ReportAsync(parsed, new HostSettings { Urls = parsed.GetValue(urls), Data = parsed.GetValue(VerbOptions.Data), Plugins = parsed.GetValue(VerbOptions.Plugins) }, stopping);
            var items = (report["items"]?.AsArray() ?? []).OfType<JsonObject>().ToList();
            if (!parsed.GetValue(VerbOptions.Json))
            {
                items.ForEach(ForPeople);
            }

            Printed.List(report, parsed, ("", "sign"), ("Check", "check"), ("Found", "says"), ("Remedy", "remedy"));
            return items.Exists(static item => (string?)item["state"] == "failed") ? ExitCode.Findings : ExitCode.Done;
        });
        return verb;
    }

    private static async Task<JsonNode> ReportAsync(ParseResult parsed, HostSettings settings, CancellationToken stopping)
    {
        try
        {
            await using var host = RunningHost.Find(parsed);
            return host.Folder is { } folder ? Shown(await LookAsync(folder, settings, stopping)) : await host.Online().GetAsync("api/v1/doctor", stopping);
        }
        catch (StorageException e)
        {
            return Shown([Diagnosis.Failed(DataFolderCheck.Name, e.Message, DataFolderCheck.Remedy)]);
        }
        catch (Exception e) when (VerbFailure.ExplainStart(e) is { } failure)
        {
            return Shown([Diagnosis.Failed(ConfigurationCheck.Name, failure.Sentence, ConfigurationCheck.Remedy)]);
        }
    }

    private static async Task<IReadOnlyList<Diagnosis>> LookAsync(DataFolder folder, HostSettings settings, CancellationToken stopping)
    {
        await using var parts = Worker.Compose(settings, folder);
        return await parts.Services.GetRequiredService<Checkup>().RunAsync(stopping);
    }

    private static JsonNode Shown(IReadOnlyList<Diagnosis> found)
    {
        var options = new Microsoft.AspNetCore.Http.Json.JsonOptions();
        HttpJson.Configure(options);
        return JsonSerializer.SerializeToNode(ItemList.Of(found), options.SerializerOptions) ?? new JsonObject();
    }

    private static void ForPeople(JsonObject item)
    {
        item["sign"] = (string?)item["state"] switch { "ok" => "✓", "warning" => "!", "failed" => "✗", _ => "?" };
        if (item["redirectAddress"] is { } redirect)
        {
            item["says"] = $"{item["says"]} Redirect address to register there: {redirect}";
        }

        if (item["webhookAddress"] is { } webhook)
        {
            item["says"] = $"{item["says"]} Webhook address: {webhook}";
        }
    }
}
