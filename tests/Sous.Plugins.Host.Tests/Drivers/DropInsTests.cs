using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary><c>autoEnable</c>: a whole folder without an entry gets one, and nothing else does.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DropInsTests : IAsyncLifetime
{
    private readonly PluginsTree _tree = new();
    private readonly DataFolder _data;
    private readonly LiteDbRegistry _registry;
    private DriverCatalog _catalog = null!;
    private DropIns _dropIns = null!;

    public DropInsTests()
    {
        _data = DataFolder.Open(_tree.Data);
        _registry = LiteDbRegistry.Open(_data, NullLogger<LiteDbRegistry>.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await ListAsync("");

    [Fact]
    public async Task A_folder_is_taken_in_once_it_is_whole_and_lay_still_for_three_looks_and_the_audit_log_says_so()
    {
        var folder = _tree.Add("Good");
        var dll = Path.Combine(folder, "Fixture.Good.dll");
        var bytes = await File.ReadAllBytesAsync(dll, Token);
        File.Delete(dll);
        await LookAsync(3);
        Assert.Contains("is not in the folder", Row("good").Reason, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(dll, bytes.AsMemory(0, bytes.Length / 2), Token);
        await LookAsync(2);
        await File.WriteAllBytesAsync(dll, bytes, Token);
        await LookAsync(2);
        Assert.Empty(PluginsFile.Read(_tree.File).Entries);
        await LookAsync(1);

        var entry = Assert.Single(PluginsFile.Read(_tree.File).Entries);
        Assert.Equal(("good", "Good", "1.2.3", FolderHash.Compute(folder), true), (entry.Id, entry.Path, entry.Version, entry.Sha256, entry.Enabled));
        Assert.Equal("good", PluginsTree.Get(_catalog, "good").Manifest.Id);
        var audit = Assert.Single(await _registry.ListAsync(AuditEntry.Collection, "", Token));
        Assert.Equal(("plugin.enabled", "good", AuditEntry.Host), (audit.Action, audit.Target, audit.Actor));
    }

    [Fact]
    public async Task What_is_disabled_bad_there_twice_or_has_an_entry_elsewhere_stays_as_it_is_with_its_reason()
    {
        _tree.Add("Good");
        _tree.Add("Good", "good-again");
        _tree.Add("OldContract");
        _tree.Add("Wild", "one");
        _tree.Add("Wild", "two");
        await ListAsync(PluginsTree.Entry("good", "Good", """, "enabled": false """));
        var before = await File.ReadAllBytesAsync(_tree.File, Token);

        await LookAsync(5);

        Assert.Equal(before, await File.ReadAllBytesAsync(_tree.File, Token));
        Assert.Empty(_catalog.Loaded);
        Assert.Equal(DriverState.Disabled, Row("good").State);
        string[] reasons = ["names another folder, Good", "contract 0.9", "2 folders hold the driver \"wild\": one, two.", "2 folders hold the driver \"wild\": one, two."];
        var unlisted = _catalog.Rows.Where(static row => row.State == DriverState.Unlisted).OrderBy(static row => row.Id.Value, StringComparer.Ordinal).ToList();
        Assert.Equal(reasons.Length, unlisted.Count);
        Assert.All(reasons.Zip(unlisted), static pair => Assert.Contains(pair.First, pair.Second.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_autoEnable_nothing_is_taken_in()
    {
        _tree.Add("Good");
        _tree.List();
        await _catalog.RefreshAsync(Token);

        await LookAsync(5);

        Assert.Empty(PluginsFile.Read(_tree.File).Entries);
        Assert.Equal(DriverState.Unlisted, Row("good").State);
    }

    public async ValueTask DisposeAsync()
    {
        _catalog.Dispose();
        await _registry.DisposeAsync();
        _data.Dispose();
        _tree.Dispose();
    }

    private async Task ListAsync(string entries)
    {
        _tree.Write($$"""{ "pluginsFolder": "plugins", "autoEnable": true, "plugins": [ {{entries}} ] }""");
        _catalog?.Dispose();
        _catalog = await _tree.LoadAsync();
        var options = Options.Create(new DriversOptions { Plugins = _tree.File, Data = _tree.Data });
        _dropIns = new DropIns(_catalog, new PluginChanges(_catalog, _registry, options, TimeProvider.System), options, NullLogger<DropIns>.Instance);
    }

    private async Task LookAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _dropIns.LookAsync(Token);
        }
    }

    private DriverRow Row(string id) => _catalog.Rows.First(row => row.Id.Value == id);
}
