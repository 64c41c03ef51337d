using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>What a service says beside its data, and what the host adds to requests, comes out nowhere.</summary>
internal static class SecretRule
{
    private const string Canary = "SOUSCANARY-hq7sd2";
    private static readonly string[] Words = ["message", "detail", "description", "error_description", "developerMessage"];

    public static async Task CheckAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        string[] secrets = [.. bench.Secrets, Canary];
        foreach (var run in bench.Runs)
        {
            Search(findings, secrets, run.Pages.SelectMany(page => page.Records).Select(record => record.Text), $"A record of the {run.Call.Name}");
            Search(findings, secrets, run.Pages.Select(page => page.Next?.Value ?? ""), $"A checkpoint of the {run.Call.Name}");
        }

        foreach (var run in bench.Working)
        {
            foreach (var fault in Echoes(bench).SelectMany(fault => run.Places.Take(2).Select(place => (Fault: fault, Place: place))))
            {
                var session = bench.Open(new FaultPlan(fault.Fault, fault.Place).InterceptAsync);
                await using (session.ConfigureAwait(false))
                {
                    findings.Try();
                    var outcome = await session.RunAsync(run.Call, null, cancellationToken).ConfigureAwait(false);
                    Search(findings, secrets, [outcome.Failure?.ToString() ?? ""], $"What the {run.Call.Name} throws, given {fault.Fault.Name},");
                }
            }
        }

        Search(findings, secrets, bench.Log.Lines, "A line of its log");
    }

    /// <summary>The service's own refusals, with secrets in every place where people's words stand.</summary>
    private static IEnumerable<Fault> Echoes(Workbench bench)
    {
        var said = $"{Canary} {bench.Service.AccessToken.Reveal()}";
        ServiceAnswer[] answers = [bench.Service.Unauthorized, bench.Service.Forbidden, bench.Service.Forbidden with { Status = 400 }, bench.Service.Forbidden with { Status = 500 }];
        return answers.Select(answer => Fault.Status(answer with { Body = Speak(answer.Body, said) }));
    }

    private static string Speak(string body, string said)
    {
        try
        {
            var root = JsonNode.Parse(body) ?? new JsonObject();
            Speak(root, said);
            return root.ToJsonString();
        }
        catch (JsonException)
        {
            return $"{body}{said}";
        }
    }

    private static void Speak(JsonNode node, string said)
    {
        foreach (var below in node is JsonArray list ? list.ToList() : node is JsonObject members ? [.. members.Select(member => member.Value)] : [])
        {
            if (below is not null)
            {
                Speak(below, said);
            }
        }

        if (node is JsonObject entry)
        {
            foreach (var word in Words.Where(word => entry[word] is null or JsonValue))
            {
                entry[word] = said;
            }
        }
    }

    private static void Search(Findings findings, string[] secrets, IEnumerable<string> texts, string where)
    {
        if (texts.FirstOrDefault(text => Array.Exists(secrets, secret => text.Contains(secret, StringComparison.Ordinal))) is { } found)
        {
            findings.Add($"{where} {(found.Contains(Canary, StringComparison.Ordinal) ? "repeats what the service said" : "holds a secret")}.");
        }
    }
}
