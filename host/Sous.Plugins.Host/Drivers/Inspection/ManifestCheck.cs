using System.Text.Json;
using Cronos;
using Json.Schema;
using Sous.Plugins.Host.Drivers.Schemas;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>Judges a driver.json.</summary>
internal static class ManifestCheck
{
    public const string FileName = "driver.json";

    private const int LargestFile = 1 << 20;

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private static readonly Lazy<FileSchema> Schema = new(static () => new FileSchema(DriverManifest.ReadSchema()));

    /// <summary>The folder's manifest, or null, with findings, where it has none that can be read.</summary>
    public static DriverManifest? Read(string folder, List<Finding> findings)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            findings.Add(new($"There is no {FileName} in {folder}.", "Copy the driver's whole build output there."));
            return null;
        }

        if (new FileInfo(path).Length > LargestFile)
        {
            findings.Add(new($"{FileName} is larger than {LargestFile:N0} bytes.", "Put a manifest there."));
            return null;
        }

        try
        {
            var bytes = File.ReadAllBytes(path);
            var utf8 = bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
            using var document = JsonDocument.Parse(utf8, Lenient);
            IReadOnlyList<SchemaError> errors = [.. JsonChecks.FindDuplicates(document.RootElement), .. Schema.Value.Validate(document.RootElement)];
            findings.AddRange(errors.Select(static e => Wrong(e.ToString())));
            if (errors.Count > 0)
            {
                return null;
            }

            var manifest = DriverManifest.Read(utf8.Span);
            CheckMeaning(manifest, findings);
            return manifest;
        }
        catch (JsonException e)
        {
            findings.Add(Wrong($"it is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}"));
        }
        catch (ManifestException e)
        {
            findings.Add(Wrong(e.Message));
        }

        return null;
    }

    /// <summary>What the schema cannot say.</summary>
    private static void CheckMeaning(DriverManifest manifest, List<Finding> findings)
    {
        for (var i = 0; i < manifest.Streams.Count; i++)
        {
            var stream = manifest.Streams[i];
            var format = stream.Schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard;
            if (!CronExpression.TryParse(stream.Schedule, format, out _))
            {
                findings.Add(Wrong($"streams[{i}].schedule: \"{stream.Schedule}\" is not a cron expression"));
            }

            if (manifest.Streams.Take(i).Any(s => s.Name == stream.Name))
            {
                findings.Add(Wrong($"streams[{i}].name: \"{stream.Name}\" stands twice"));
            }
        }

        if (!manifest.ApiAddress.AbsolutePath.EndsWith('/'))
        {
            findings.Add(Wrong($"apiAddress: \"{manifest.ApiAddress}\" lacks the slash at its end"));
        }

        if (manifest.Settings is { } settings && !QuickSchema.IsSchema(settings))
        {
            CheckSettings(settings, findings);
        }
    }

    private static void CheckSettings(JsonElement settings, List<Finding> findings)
    {
        try
        {
            _ = JsonSchema.FromText(settings.GetRawText());
        }
        catch (Exception e) when (e is JsonException or JsonSchemaException or ArgumentException or InvalidOperationException)
        {
            findings.Add(Wrong($"settings: is not a JSON schema: {e.Message}"));
        }
    }

    private static Finding Wrong(string what) => new($"{FileName} is not valid: {what}.", $"Mend {FileName}, or install a version of the plugin whose manifest is valid.");
}
