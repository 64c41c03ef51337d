using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Drivers;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DriverCatalogTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    [Fact]
    public async Task Nineteenth_invariant_each_bad_plugin_is_a_row_with_its_reason_and_the_good_one_serves()
    {
        // Arrange
        _tree.Add("Good");
        _tree.Add("ThrowsInConstructor");
        _tree.Add("MissingDependency");
        _tree.Add("OldContract");
        _tree.Add("FutureContract");
        _tree.Add("NotADriver");
        Spoil(_tree.Add("Good", "corrupt"), "corrupt", d => File.WriteAllBytes(d, [.. File.ReadAllBytes(d).Take(700)]));
        Spoil(_tree.Add("Good", "empty"), "empty", d => File.WriteAllBytes(d, []));
        Spoil(_tree.Add("Good", "native"), "native", d => File.Copy("/proc/self/exe", d, overwrite: true));
        Spoil(_tree.Add("Good", "no-dll"), "no-dll", File.Delete);
        Directory.CreateDirectory(Path.Combine(_tree.Folder, "hollow"));
        File.WriteAllText(Path.Combine(_tree.Add("Good", "manifest"), "driver.json"), """{ "id": "manifest", "extra": 1 }""");
        File.Copy(typeof(IDriver).Assembly.Location, Path.Combine(_tree.Add("Good", "own-sdk"), "Sous.Plugins.Sdk.dll"));
        File.CreateSymbolicLink(Path.Combine(_tree.Add("Good", "linked"), "passwd"), "/etc/passwd");
        (string Id, string Folder, string Reason)[] bad =
        [
            ("throws-in-constructor", "ThrowsInConstructor", "threw InvalidOperationException while it was loaded: No constructor of mine returns."),
            ("missing-dependency", "MissingDependency", "Fixture.Greeting 1.0.0.0, which Fixture.MissingDependency.dll needs, is not in the folder."),
            ("old-contract", "OldContract", "contract 0.9, which this host no longer speaks"),
            ("future-contract", "FutureContract", "contract 1.7, which is newer than this host's 1.1"),
            ("not-a-driver", "NotADriver", "is not a driver: it has no [assembly: SousDriver]"),
            ("corrupt", "corrupt", "Fixture.Good.dll is not a .NET assembly, or is damaged."),
            ("empty", "empty", "Fixture.Good.dll is empty."),
            ("native", "native", "Fixture.Good.dll is not a .NET assembly, or is damaged."),
            ("no-dll", "no-dll", "Fixture.Good.dll, which driver.json names, is not in the folder."),
            ("hollow", "hollow", "There is no driver.json"),
            ("manifest", "manifest", "driver.json is not valid: extra: is not a known property."),
            ("own-sdk", "own-sdk", "carries its own Sous.Plugins.Sdk.dll"),
            ("linked", "linked", "passwd"),
            ("other-id", "Good", "holds the driver \"good\", not \"other-id\""),
            ("absent", "nowhere", "does not exist"),
        ];
        _tree.Add("Good", "really-good");
        _tree.List([.. bad.Select(b => PluginsTree.Entry(b.Id, b.Folder)), PluginsTree.Entry("good", "really-good"), PluginsTree.Entry("apart", "apart", """, "isolation": "process" """)]);

        // Act
        var catalog = await _tree.LoadAsync();

        // Assert
        Assert.All(bad, b =>
        {
            var row = Row(catalog, b.Id);
            Assert.Equal(DriverState.Refused, row.State);
            Assert.Contains(b.Reason, row.Reason, StringComparison.Ordinal);
            Assert.False(string.IsNullOrWhiteSpace(row.Remedy));
            Assert.False(catalog.TryGet(row.Id, out _));
        });
        Assert.Contains("process", Row(catalog, "apart").Reason, StringComparison.Ordinal);
        Assert.Equal(DriverState.Loaded, Row(catalog, "good").State);
        Assert.Equal(new HashSet<DriverCapability> { DriverCapability.Locations }, PluginsTree.Get(catalog, "good").Capabilities);
        Assert.Single(Directory.GetDirectories(Path.Combine(_tree.Data, "drivers")));
    }

    [Fact]
    public async Task Twentieth_invariant_two_drivers_work_with_two_versions_of_a_dependency_and_the_host_with_a_third()
    {
        // Arrange
        _tree.Add("DependencyV1");
        _tree.Add("DependencyV2");
        _tree.List(PluginsTree.Entry("dependency-v1", "DependencyV1"), PluginsTree.Entry("dependency-v2", "DependencyV2"));
        var own = global::Fixture.Greeting.Greeter.Greet();

        // Act
        var catalog = await _tree.LoadAsync();

        // Assert
        Assert.Equal("greeting 3", own);
        Assert.Equal("greeting 1", await GreetAsync(catalog, "dependency-v1"));
        Assert.Equal("greeting 2", await GreetAsync(catalog, "dependency-v2"));
        Assert.Equal("greeting 3", global::Fixture.Greeting.Greeter.Greet());
    }

    [Fact]
    public async Task Overwriting_the_folder_of_a_loaded_driver_changes_nothing_and_the_copy_keeps_the_hashed_bytes()
    {
        // Arrange
        var folder = _tree.Add("DependencyV1");
        _tree.List(PluginsTree.Entry("dependency-v1", "DependencyV1"));
        var catalog = await _tree.LoadAsync();
        var loaded = PluginsTree.Get(catalog, "dependency-v1");

        // Act: in place, as a careless deployment would
        foreach (var file in Directory.GetFiles(folder, "*.dll"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
            stream.Write(new byte[stream.Length]);
        }

        // Assert: its dependency is first looked for only now
        Assert.Equal("greeting 1", await GreetAsync(catalog, "dependency-v1"));
        var copy = Path.Combine(_tree.Data, "drivers", loaded.Sha256);
        Assert.Equal(loaded.Sha256, FolderHash.Compute(copy));
        Assert.StartsWith(copy, loaded.Factory.GetType().Assembly.Location, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(loaded.Factory.GetType().Assembly.Location));
    }

    [Fact]
    public async Task A_tampered_copy_is_not_trusted_for_its_name()
    {
        // Arrange
        _tree.Add("Good");
        _tree.List(PluginsTree.Entry("good", "Good"));
        var sha256 = FolderHash.Compute(Path.Combine(_tree.Folder, "Good"));
        var planted = Directory.CreateDirectory(Path.Combine(_tree.Data, "drivers", sha256)).FullName;
        File.WriteAllText(Path.Combine(planted, "driver.json"), "{}");

        // Act
        var catalog = await _tree.LoadAsync();

        // Assert
        Assert.Equal(sha256, PluginsTree.Get(catalog, "good").Sha256);
        Assert.Equal(sha256, FolderHash.Compute(planted));
    }

    [Fact]
    public async Task A_pin_that_does_not_match_is_refused_before_any_code_runs()
    {
        // Arrange
        var folder = _tree.Add("Good");
        var sha256 = FolderHash.Compute(folder);
        _tree.List(PluginsTree.Entry("good", "Good", $$""", "sha256": "{{sha256}}", "version": "1.2.3" """));
        Assert.Equal(DriverState.Loaded, Row(await _tree.LoadAsync(), "good").State);

        // Act
        File.AppendAllText(Path.Combine(folder, "driver.json"), " ");
        var changed = Row(await _tree.LoadAsync(), "good");
        _tree.List(PluginsTree.Entry("good", "Good", """, "version": "1.2.4" """));
        var other = Row(await _tree.LoadAsync(), "good");
        _tree.Write($$"""{ "pluginsFolder": "plugins", "requirePins": true, "plugins": [ {{PluginsTree.Entry("good", "Good")}} ] }""");
        var unpinned = Row(await _tree.LoadAsync(), "good");

        // Assert
        Assert.Contains($"is pinned to {sha256}", changed.Reason, StringComparison.Ordinal);
        Assert.Contains("pinned to 1.2.4", other.Reason, StringComparison.Ordinal);
        Assert.Contains("requirePins", unpinned.Reason, StringComparison.Ordinal);
        Assert.All([changed, other, unpinned], row => Assert.Equal(DriverState.Refused, row.State));
    }

    [Fact]
    public async Task A_folder_without_an_entry_and_a_disabled_entry_are_rows_and_none_of_their_code_runs()
    {
        // Arrange
        var mark = Path.Combine(_tree.Root, "mark");
        AppContext.SetData("fixture.mark", mark);
        _tree.Add("LeavesMark", "disabled");
        _tree.Add("LeavesMark", "unlisted");
        _tree.List(PluginsTree.Entry("leaves-mark", "disabled", """, "enabled": false """));

        // Act
        var before = await _tree.LoadAsync();
        var verified = PluginInspection.Verify(PluginsFile.Read(_tree.File));
        var ranBefore = File.Exists(mark);
        _tree.List(PluginsTree.Entry("leaves-mark", "disabled"));
        var after = await _tree.LoadAsync();

        // Assert
        Assert.Equal([DriverState.Disabled, DriverState.Unlisted], before.Rows.Select(r => r.State));
        Assert.Equal(["1.2.3", "1.2.3"], before.Rows.Select(r => r.Version));
        Assert.All(verified, p => Assert.Empty(p.Findings));
        Assert.False(ranBefore);
        Assert.Equal(DriverState.Loaded, after.Rows[0].State);
        Assert.True(File.Exists(mark));
    }

    [Fact]
    public async Task The_contract_has_one_identity_on_both_sides()
    {
        // Arrange
        _tree.Add("Good");
        _tree.List(PluginsTree.Entry("good", "Good"));

        // Act
        var driver = PluginsTree.Get(await _tree.LoadAsync(), "good");

        // Assert
        Assert.IsType<IDriverFactory>(driver.Factory, exactMatch: false);
        var seen = driver.Factory.GetType().GetInterfaces().Single();
        Assert.Same(typeof(IDriverFactory), seen);
        Assert.NotSame(System.Runtime.Loader.AssemblyLoadContext.Default, System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(driver.Factory.GetType().Assembly));
    }

    [Fact]
    public async Task The_trees_own_plugins_load_from_where_the_build_stages_them()
    {
        // Arrange
        var path = Path.Combine(PluginsTree.Artifacts, "..", "plugins.json");

        // Act
        var catalog = await _tree.LoadAsync(path);

        // Assert
        Assert.All(catalog.Rows, row => Assert.True(row.State == DriverState.Loaded, row.Reason));
        var square = PluginsTree.Get(catalog, "square");
        Assert.Superset(new HashSet<DriverCapability> { DriverCapability.Pos, DriverCapability.Locations, DriverCapability.DayTotals, DriverCapability.TokenMessages }, square.Capabilities.ToHashSet());
    }

    public void Dispose() => _tree.Dispose();

    private static DriverRow Row(DriverCatalog catalog, string id) => catalog.Rows.First(r => r.Id == new DriverId(id));

    private static async Task<string?> GreetAsync(DriverCatalog catalog, string id)
    {
        using var http = new HttpClient();
        using var handler = new HttpClientHandler();
        using var settings = JsonDocument.Parse("{}");
        await using var driver = PluginsTree.Get(catalog, id).Factory.Create(new DriverContext
        {
            Http = http,
            HttpHandler = handler,
            ApiAddress = new Uri("https://api.fixture.example/"),
            Clock = TimeProvider.System,
            Logger = NullLogger.Instance,
            Settings = settings.RootElement,
        });
        return (await driver.ProbeAsync(TestContext.Current.CancellationToken)).AccountName;
    }

    /// <summary>Gives a copy of the good fixture an id of its own, then spoils its assembly.</summary>
    private static void Spoil(string folder, string id, Action<string> spoil)
    {
        var manifest = Path.Combine(folder, "driver.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"good\"", $"\"{id}\"", StringComparison.Ordinal));
        spoil(Path.Combine(folder, "Fixture.Good.dll"));
    }
}
