using System.Text.Json;
using Sous.Plugins.Host.Drivers.Schemas;

namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>plugins.json, read and found valid.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="PluginsFolder">Absolute path of the folder that drivers live and stay in.</param>
/// <param name="RequirePins">Whether an entry without a hash is refused.</param>
/// <param name="Entries">In the file's order; ids and paths stand once.</param>
internal sealed record PluginsFile(string Path, string PluginsFolder, bool RequirePins, IReadOnlyList<PluginEntry> Entries)
{
    /// <summary>Whether a folder without an entry gets one by itself.</summary>
    public bool AutoEnable { get; init; }

    private const int LargestFile = 1 << 20;

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    private static readonly Lazy<FileSchema> Schema = new(static () => new FileSchema(System.Text.Encoding.UTF8.GetBytes(ReadSchema())));

    /// <summary>The file that a host is to go by: what it allows must also be allowed where the host can be reached.</summary>
    /// <inheritdoc cref="Read(string)"/>
    public static PluginsFile Read(DriversOptions options)
        => Read(options.Plugins) is var file && file.AutoEnable && options.Exposed is { } address
            ? throw new PluginsFileException([$"{file.Path}: autoEnable: true is accepted only while every listener and the public URL are loopback, and {address} is not: set it to false, and enable plugins by name."])
            : file;

    /// <summary>Reads the file and checks all of it.</summary>
    /// <exception cref="PluginsFileException">It cannot be used; every error is listed.</exception>
    public static PluginsFile Read(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        using var document = Parse(full);
        var root = document.RootElement;
        var folder = System.IO.Path.GetFullPath(ReadText(root, "pluginsFolder") ?? ".", System.IO.Path.GetDirectoryName(full) ?? "/");
        IReadOnlyList<SchemaError> errors = [.. JsonChecks.FindDuplicates(root), .. Schema.Value.Validate(root), .. FindConflicts(root, folder)];
        if (errors.Count > 0)
        {
            throw new PluginsFileException([.. errors.Select(e => $"{full}: {e}.")]);
        }

        var entries = new List<PluginEntry>();
        foreach (var entry in root.GetProperty("plugins").EnumerateArray())
        {
            entries.Add(PluginEntry.Read(entry));
        }

        return new PluginsFile(full, folder, IsTrue(root, "requirePins"), entries) { AutoEnable = IsTrue(root, "autoEnable") };
    }

    /// <summary>The JSON schema of plugins.json, for editors too.</summary>
    public static string ReadSchema()
    {
        using var stream = typeof(PluginsFile).Assembly.GetManifestResourceStream("plugins.schema.json")
            ?? throw new InvalidOperationException("The schema is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile)
            {
                throw new PluginsFileException([$"{path}: is larger than {LargestFile:N0} bytes."]);
            }

            var bytes = File.ReadAllBytes(path);
            return JsonDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), Lenient);
        }
        catch (JsonException e)
        {
            throw new PluginsFileException([$"{path}: is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {e.Message}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginsFileException([$"{path}: cannot be read: {e.Message}"]);
        }
    }

    /// <summary>What a schema cannot say. Works on a file with errors too, so that all of them are told at once.</summary>
    private static IEnumerable<SchemaError> FindConflicts(JsonElement root, string folder)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("plugins", out var plugins) || plugins.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        var (ids, paths) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < plugins.GetArrayLength(); i++)
        {
            if (ReadText(plugins[i], "id") is { } id && !ids.Add(id))
            {
                yield return new SchemaError($"plugins[{i}].id", $"\"{id}\" is listed already");
            }

            if (ReadText(plugins[i], "path")?.TrimEnd('/') is not { } path)
            {
                continue;
            }

            if (ContainedPath.FindEscape(folder, path) is { } escape)
            {
                yield return new SchemaError($"plugins[{i}].path", $"\"{path}\" {escape}");
            }
            else if (!paths.Add(path))
            {
                yield return new SchemaError($"plugins[{i}].path", $"\"{path}\" is listed already");
            }
        }
    }

    private static string? ReadText(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static bool IsTrue(JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
