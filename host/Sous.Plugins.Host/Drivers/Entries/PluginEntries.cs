using System.Text.Json.Nodes;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>Enables, disables and pins plugins by changing plugins.json, which is replaced whole and never half written. It runs no driver's code.</summary>
internal static class PluginEntries
{
    /// <summary>Lets a plugin be loaded. One without an entry gets one, pinned to the version and the bytes that lie there.</summary>
    /// <returns>Why not, or null where it is done.</returns>
    /// <exception cref="PluginsFileException">plugins.json cannot be used, or not be written.</exception>
    public static Finding? Enable(string path, string id)
    {
        var file = PluginsFile.Read(path);
        if (file.Entries.FirstOrDefault(entry => entry.Id == id) is { } known)
        {
            Change(file, id, static entry => entry["enabled"] = true);
            return known.Sha256 is null && file.RequirePins ? Pin(path, id) : null;
        }

        var found = PluginInspection.FindUnlisted(file).Select(PluginInspection.Inspect).Where(plugin => plugin.Id == id).ToList();
        switch (found)
        {
            case []:
                return new Finding($"No plugin \"{id}\" lies in {file.PluginsFolder}.", "Copy its folder there, or run `plugins list` for those that do.");
            case [{ Findings: [] } plugin]:
                Change(file, id, entry =>
                {
                    entry["id"] = id;
                    entry["path"] = Path.GetRelativePath(file.PluginsFolder, plugin.Folder);
                    entry["enabled"] = true;
                    Pin(entry, plugin);
                });
                return null;
            case [{ Findings: [var first, ..] }]:
                return first;
            default:
                return Ambiguous(id, found);
        }
    }

    /// <summary>Keeps a plugin from being loaded; its entry and its pin stay.</summary>
    /// <inheritdoc cref="Enable"/>
    public static Finding? Disable(string path, string id)
    {
        var file = PluginsFile.Read(path);
        if (file.Entries.All(entry => entry.Id != id))
        {
            return NoEntry(id);
        }

        Change(file, id, static entry => entry["enabled"] = false);
        return null;
    }

    /// <summary>Pins an entry to the version and the bytes that lie in its folder now.</summary>
    /// <inheritdoc cref="Enable"/>
    public static Finding? Pin(string path, string id)
    {
        var file = PluginsFile.Read(path);
        if (file.Entries.FirstOrDefault(entry => entry.Id == id) is not { } known)
        {
            return NoEntry(id);
        }

        var plugin = PluginInspection.Inspect(Path.Combine(file.PluginsFolder, known.Path));
        if (plugin.Findings is [var first, ..])
        {
            return first;
        }

        Change(file, id, entry => Pin(entry, plugin));
        return null;
    }

    /// <summary>Has an entry name a folder, enabled and pinned; a new one where there is none.</summary>
    /// <returns>The entry as it stood before, null where there was none.</returns>
    /// <exception cref="PluginsFileException">plugins.json cannot be written.</exception>
    public static JsonObject? Point(PluginsFile file, string id, string path, string version, string? sha256)
    {
        JsonObject? before = null;
        Change(file, id, entry =>
        {
            before = entry.Count == 0 ? null : entry.DeepClone().AsObject();
            entry["id"] = id;
            entry["path"] = path;
            entry["enabled"] = true;
            entry["version"] = version;
            entry["sha256"] = sha256;
        });
        return before;
    }

    /// <summary>Puts an entry in the place of the one that is there.</summary>
    /// <exception cref="PluginsFileException">plugins.json cannot be written.</exception>
    public static void Put(PluginsFile file, string id, JsonObject entry) => Change(file, id, now =>
    {
        now.Clear();
        foreach (var (name, value) in entry)
        {
            now[name] = value?.DeepClone();
        }
    });

    /// <summary>Why none of several folders of one driver gets an entry.</summary>
    public static Finding Ambiguous(string id, IReadOnlyList<InspectedPlugin> found)
        => new($"{found.Count} folders hold the driver \"{id}\": {string.Join(", ", found.Select(static plugin => Path.GetFileName(plugin.Folder)))}.", "Take all but one away.");

    /// <summary>Has a driver's entry name another folder that holds it, pinned to what lies there; a new entry where there is none.</summary>
    /// <param name="path">The plugins.json.</param>
    /// <param name="id">The driver's id.</param>
    /// <param name="folder">Below the plugins folder.</param>
    /// <inheritdoc cref="Enable"/>
    public static Finding? Switch(string path, string id, string folder)
    {
        var file = PluginsFile.Read(path);
        folder = folder.TrimEnd('/');
        if (ContainedPath.FindEscape(file.PluginsFolder, folder) is { } escape)
        {
            return new Finding($"The folder \"{folder}\" {escape}.", "Name it as `plugins list` does.");
        }

        var plugin = PluginInspection.Inspect(Path.Combine(file.PluginsFolder, folder));
        if (plugin.Manifest is not { } manifest || plugin.Findings.Count > 0)
        {
            return plugin.Findings[0];
        }

        if (manifest.Id != id)
        {
            return new Finding($"The folder {folder} holds the driver \"{manifest.Id}\", not \"{id}\".", "Name a folder of this driver.");
        }

        Point(file, id, folder, manifest.Version, plugin.Sha256);
        return null;
    }

    private static void Pin(JsonObject entry, InspectedPlugin plugin)
    {
        entry["version"] = plugin.Manifest?.Version;
        entry["sha256"] = plugin.Sha256;
    }

    private static Finding NoEntry(string id) => new($"plugins.json has no entry \"{id}\".", $"Run `plugins enable {id}` after checking where the folder came from.");

    private static void Change(PluginsFile file, string id, Action<JsonObject> change)
    {
        var half = $"{file.Path}.{Guid.NewGuid():N}.part";
        try
        {
            var text = PluginsFileText.WithEntry(File.ReadAllBytes(file.Path), id, change);
            using (var stream = new FileStream(half, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(text);
                stream.Flush(flushToDisk: true);
            }

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(half, File.GetUnixFileMode(file.Path));
            }

            File.Move(half, file.Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(half);
            throw new PluginsFileException([$"{file.Path}: cannot be changed: {e.Message}"]);
        }
    }
}
