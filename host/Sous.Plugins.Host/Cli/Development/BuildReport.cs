using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>What became of one build, for its author.</summary>
internal sealed record BuildReport(ProjectBuild Build)
{
    /// <summary>What was built; null where it did not build.</summary>
    public InspectedPlugin? Plugin { get; init; }

    /// <summary>The driver as the host shows it, or null where none was asked.</summary>
    public JsonNode? Driver { get; init; }

    /// <summary>Why the build does not serve although it was built; what served before goes on.</summary>
    public string? Refusal { get; init; }

    /// <summary>Why something was left out.</summary>
    public string? Note { get; init; }

    /// <summary>The host's comparison of the recorded page, or null where there is none.</summary>
    public JsonNode? Page { get; init; }

    /// <summary>Whether there is none because this build makes none of what the service answered.</summary>
    public bool IsPageBroken { get; init; }

    public int Exit => Plugin is null || Refusal is not null ? ExitCode.Failed
        : IsPageBroken || PageText.Differs(Page) ? ExitCode.Findings
        : ExitCode.Done;

    public void Print(bool asJson)
    {
        if (asJson)
        {
            Console.Out.WriteLine(ToJson().ToJsonString());
            return;
        }

        foreach (var line in Lines())
        {
            Console.Out.WriteLine(Printed.Plain(line));
        }
    }

    private IEnumerable<string> Lines()
    {
        var seconds = Build.Took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        if (Plugin is null)
        {
            yield return $"It does not build ({seconds} s), and what served before goes on serving.";
            foreach (var error in Build.Errors.Take(ProjectBuild.MostErrors))
            {
                yield return $"  {error}";
            }

            if (Build.Errors.Count > ProjectBuild.MostErrors)
            {
                yield return $"  and {Build.Errors.Count - ProjectBuild.MostErrors} more";
            }

            yield break;
        }

        yield return $"Built {Plugin.Id} {Plugin.Manifest?.Version} in {seconds} s{(Refusal is not null ? ", and it does not serve:" : Driver is null ? "." : $": generation {(int?)Driver["generation"]} serves.")}";
        foreach (var line in $"{Refusal}\n{Note}".Split('\n', StringSplitOptions.RemoveEmptyEntries).Concat(PageText.Lines(Page)))
        {
            yield return $"  {line}";
        }
    }

    private JsonObject ToJson() => new()
    {
        ["built"] = Plugin is not null,
        ["seconds"] = Math.Round(Build.Took.TotalSeconds, 1),
        ["errors"] = new JsonArray([.. Build.Errors.Select(static error => (JsonNode)error)]),
        ["id"] = Plugin?.Id,
        ["version"] = Plugin?.Manifest?.Version,
        ["sha256"] = Plugin?.Sha256,
        ["serves"] = Driver is not null && Refusal is null,
        ["generation"] = (int?)Driver?["generation"],
        ["refusal"] = Refusal,
        ["note"] = Note,
        ["page"] = Page?.DeepClone(),
    };
}
