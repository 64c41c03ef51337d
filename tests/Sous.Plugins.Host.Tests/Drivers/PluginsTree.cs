using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary>A plugins folder of its own with plugins.json and a data folder, gone after the test.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class PluginsTree : IDisposable
{
    public PluginsTree() => Directory.CreateDirectory(Folder);

    public static string Artifacts { get; } = FindArtifacts();

    public string Root { get; } = Directory.CreateTempSubdirectory("sous-drivers-").FullName;

    public string Folder => Path.Combine(Root, "plugins");

    public string Data => Path.Combine(Root, "data");

    /// <summary>What its drivers did wrong.</summary>
    public DriverDefects Defects { get; } = new(Options.Create(new DefectsOptions()), TimeProvider.System, NullLogger<DriverDefects>.Instance);

    public string File => Path.Combine(Root, "plugins.json");

    /// <summary>Copies a fixture into the plugins folder.</summary>
    public string Add(string fixture, string? name = null)
    {
        var source = Path.Combine(Artifacts, "fixtures", $"Fixture.{fixture}");
        var target = Path.Combine(Folder, name ?? fixture);
        Assert.True(Directory.Exists(source), $"{source} has not been built.");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            System.IO.File.Copy(file, copy);
        }

        return target;
    }

    public void Write(string json) => System.IO.File.WriteAllText(File, json);

    public void List(params string[] entries) => Write($$"""{ "pluginsFolder": "plugins", "plugins": [ {{string.Join(", ", entries)}} ] }""");

    public static string Entry(string id, string path, string more = "") => $$"""{ "id": "{{id}}", "path": "{{path}}"{{more}} }""";

    public async Task<DriverCatalog> LoadAsync(string? file = null, DriverTrial? trial = null, TimeProvider? clock = null)
    {
        var options = Options.Create(new DriversOptions { Plugins = file ?? File, Data = Data });
        trial ??= static (_, _) => Task.FromResult<Finding?>(null);
        var catalog = new DriverCatalog(options, new DriverCache(options), new DriverLoader(Defects, TimeProvider.System), trial, Defects, clock ?? TimeProvider.System, NullLogger<DriverCatalog>.Instance);
        await catalog.LoadAsync(TestContext.Current.CancellationToken);
        return catalog;
    }

    public static LoadedDriver Get(DriverCatalog catalog, string id)
    {
        Assert.True(catalog.TryGet(new DriverId(id), out var driver), catalog.Rows.FirstOrDefault(r => r.Id.Value == id)?.Reason);
        return driver;
    }

    public void Dispose()
    {
        foreach (var folder in Directory.Exists(Data) ? Directory.EnumerateDirectories(Data, "*", SearchOption.AllDirectories).ToList() : [])
        {
            System.IO.File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(Root, recursive: true);
    }

    private static string FindArtifacts()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.Name != "artifacts")
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run from artifacts/.");
        }

        return folder.FullName;
    }
}
