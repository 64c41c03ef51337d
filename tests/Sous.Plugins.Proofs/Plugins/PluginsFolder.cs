using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>A plugins folder with its plugins.json, as an operator keeps one.</summary>
internal sealed class PluginsFolder : IDisposable
{
    public PluginsFolder()
    {
        Directory.CreateDirectory(Path.Combine(Root, "plugins"));
        List();
    }

    /// <summary>Where plugins.json stands; goes away with this.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("sous-plugins-").FullName;

    public string File => Path.Combine(Root, "plugins.json");

    public string Data => Path.Combine(Root, "data");

    public string Of(string name) => Path.Combine(Root, "plugins", name);

    /// <summary>Copies a built plugin there, under another version: other bytes.</summary>
    /// <param name="built">Below artifacts, such as plugins/Sous.Plugins.Square.</param>
    public void Add(string built, string name, string? version = null)
    {
        var source = Path.Combine(Tree.Root, "artifacts", built);
        var target = Of(name);
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(source))
        {
            System.IO.File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        if (version is not null)
        {
            var path = Path.Combine(target, "driver.json");
            var manifest = JsonNode.Parse(System.IO.File.ReadAllText(path))!;
            manifest["version"] = version;
            System.IO.File.WriteAllText(path, manifest.ToJsonString());
        }
    }

    /// <summary>Writes plugins.json anew, as an editor does: half written for a moment.</summary>
    public void List(params (string Id, string Path)[] entries)
    {
        var list = new JsonArray([.. entries.Select(static entry => (JsonNode)new JsonObject { ["id"] = entry.Id, ["path"] = entry.Path })]);
        System.IO.File.WriteAllText(File, new JsonObject { ["pluginsFolder"] = "plugins", ["plugins"] = list }.ToJsonString());
    }

    public void Dispose()
    {
        foreach (var folder in Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories).ToList())
        {
            // Copies of drivers are read-only.
            if (!OperatingSystem.IsWindows())
            {
                System.IO.File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.Delete(Root, recursive: true);
    }
}
