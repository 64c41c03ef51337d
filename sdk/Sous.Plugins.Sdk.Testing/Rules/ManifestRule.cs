using System.Text;
using System.Text.Json;
using Cronos;
using Json.Schema;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Testing.Loading;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>What a host asks of a driver's folder before it runs any code of it.</summary>
internal static class ManifestRule
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.FromText(Encoding.UTF8.GetString(DriverManifest.ReadSchema())));

    public static void Check(string folder, Findings findings)
    {
        try
        {
            var manifest = LoadedDriver.ReadManifest(folder);
            using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, LoadedDriver.ManifestName)), Lenient);
            foreach (var error in ErrorsOf(Schema.Value, document.RootElement))
            {
                findings.Add($"driver.json is not valid: {error}.");
            }

            CheckMeaning(folder, manifest, findings);
        }
        catch (Exception e) when (e is ManifestException or JsonException)
        {
            findings.Add(e.Message);
        }
    }

    /// <summary>What a schema objects to, by place.</summary>
    public static IEnumerable<string> ErrorsOf(JsonSchema schema, JsonElement instance)
    {
        var results = schema.Evaluate(instance, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return results.IsValid ? [] : (results.Details ?? []).Prepend(results)
            // An "if" that does not hold is a branch not taken.
            .Where(detail => !detail.IsValid && detail.Errors is { Count: > 0 } && !detail.EvaluationPath.ToString().Contains("/if", StringComparison.Ordinal))
            .SelectMany(detail => detail.Errors ?? [], (detail, error) => $"{detail.InstanceLocation} {error.Value.TrimEnd('.')}".Trim())
            .DefaultIfEmpty("it does not match its schema");
    }

    private static void CheckMeaning(string folder, DriverManifest manifest, Findings findings)
    {
        foreach (var stream in manifest.Streams)
        {
            var format = stream.Schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard;
            if (!CronExpression.TryParse(stream.Schedule, format, out _))
            {
                findings.Add($"The schedule \"{stream.Schedule}\" of {stream.Name} is not a cron expression.");
            }

            if (stream.Name == StreamName.Sales.Value && stream.Scope != StreamScope.Location)
            {
                findings.Add("Sales are fetched by location: the scope of the stream has to say so.");
            }
        }

        findings.AddAll(manifest.Streams.GroupBy(stream => stream.Name).Where(same => same.Skip(1).Any()).Select(same => $"The stream {same.Key} stands twice."));
        if (!manifest.ApiAddress.AbsolutePath.EndsWith('/'))
        {
            findings.Add($"apiAddress \"{manifest.ApiAddress}\" lacks the slash at its end.");
        }

        if (!File.Exists(Path.Combine(folder, manifest.Assembly)))
        {
            findings.Add($"{manifest.Assembly}, which driver.json names, is not in the folder.");
        }

        CheckSettings(manifest, findings);
    }

    private static void CheckSettings(DriverManifest manifest, Findings findings)
    {
        try
        {
            _ = manifest.Settings is { } settings ? JsonSchema.FromText(settings.GetRawText()) : null;
        }
        catch (Exception e) when (e is JsonException or JsonSchemaException or ArgumentException or InvalidOperationException)
        {
            findings.Add($"settings is not a JSON schema: {e.Message}");
        }
    }
}
