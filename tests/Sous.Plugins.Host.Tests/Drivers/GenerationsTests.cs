using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary>Invariant 21: a new version loads as a new generation beside the old, and one that is no good leaves the old one serving.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class GenerationsTests : IDisposable
{
    private static readonly DriverId s_good = new("good");

    private readonly PluginsTree _tree = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 14, 12, 0, 0, TimeSpan.Zero));
    private readonly List<string> _changed = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_folder_and_an_edit_of_the_entry_bring_a_new_generation_and_the_old_drains()
    {
        using var catalog = await LoadAsync();
        var old = PluginsTree.Get(catalog, "good");
        Assert.True(old.Use.TryEnter(1));
        Assert.False(old.Use.TryEnter(1));

        Version("2.0.0", "Good-2");
        _tree.List(PluginsTree.Entry("good", "Good-2"));
        await catalog.RefreshAsync(Token);

        var next = PluginsTree.Get(catalog, "good");
        Assert.Equal((1, 2, "1.2.3", "2.0.0"), (old.Generation, next.Generation, old.Manifest.Version, next.Manifest.Version));
        Assert.NotSame(old.Factory.GetType().Assembly, next.Factory.GetType().Assembly);
        Assert.Equal(["good"], _changed);
        var generations = Row(catalog).Generations;
        Assert.Equal([(2, 0, false), (1, 1, true)], generations.Select(static one => (one.Generation, one.Use.Sessions, one.Use.RetiredAt is not null)));
        // Until its time is up, a run may go on in the old.
        _clock.Advance(DriverCatalog.DrainDeadline - TimeSpan.FromSeconds(1));
        Assert.False(old.Use.Overdue.IsCancellationRequested);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(old.Use.Overdue.IsCancellationRequested);
        Assert.False(next.Use.Overdue.IsCancellationRequested);
    }

    [Fact]
    public async Task A_version_that_fails_its_preflight_its_load_or_its_trial_leaves_the_old_one_serving_and_says_why()
    {
        var objection = (Finding?)null;
        using var catalog = await LoadAsync((_, _) => Task.FromResult(objection));
        var old = PluginsTree.Get(catalog, "good");

        _tree.List(PluginsTree.Entry("good", "nowhere"));
        await catalog.RefreshAsync(Token);
        Serves(old, "does not exist");
        var broken = Version("2.0.0", "Good-2");
        File.WriteAllBytes(Path.Combine(broken, "Fixture.Good.dll"), [1, 2, 3]);
        _tree.List(PluginsTree.Entry("good", "Good-2"));
        await catalog.RefreshAsync(Token);
        Serves(old, "Fixture.Good.dll");
        Version("2.0.0", "Good-3");
        _tree.List(PluginsTree.Entry("good", "Good-3"));
        objection = new Finding("Its probe failed.", "Mend it.");
        await catalog.RefreshAsync(Token);
        Serves(old, "Its probe failed.");
        objection = null;
        await catalog.RefreshAsync(Token);

        Assert.Equal("2.0.0", PluginsTree.Get(catalog, "good").Manifest.Version);
        Assert.Null(Row(catalog).Reason);
        Assert.True(old.Use.RetiredAt is not null);

        void Serves(LoadedDriver expected, string reason)
        {
            Assert.Same(expected.Factory, PluginsTree.Get(catalog, "good").Factory);
            Assert.Equal((DriverState.Loaded, 1, "1.2.3"), (Row(catalog).State, Row(catalog).Generation!.Value, Row(catalog).Version));
            Assert.Contains(reason, Row(catalog).Reason, StringComparison.Ordinal);
            Assert.Empty(_changed);
        }
    }

    [Fact]
    public async Task A_plugins_file_that_cannot_be_used_changes_nothing()
    {
        using var catalog = await LoadAsync();
        var rows = catalog.Rows;

        _tree.Write("""{ "pluginsFolder": "plugins", "plugins": [ { "id": "good" """);
        await Assert.ThrowsAsync<PluginsFileException>(() => catalog.RefreshAsync(Token));

        Assert.Equal(rows, catalog.Rows);
        Assert.Equal(1, PluginsTree.Get(catalog, "good").Generation);
    }

    [Fact]
    public async Task Settings_alone_need_no_generation_and_bytes_that_were_loaded_before_serve_again_without_a_copy()
    {
        using var catalog = await LoadAsync();
        var first = PluginsTree.Get(catalog, "good");
        _tree.List(PluginsTree.Entry("good", "Good", """, "settings": { "path": "x" } """));
        await catalog.RefreshAsync(Token);
        Assert.Equal(("x", 1), (PluginsTree.Get(catalog, "good").Settings!.Value.GetProperty("path").GetString(), PluginsTree.Get(catalog, "good").Generation));

        Version("2.0.0", "Good-2");
        _tree.List(PluginsTree.Entry("good", "Good-2"));
        await catalog.RefreshAsync(Token);
        _tree.List(PluginsTree.Entry("good", "Good"));
        await catalog.RefreshAsync(Token);

        var again = PluginsTree.Get(catalog, "good");
        Assert.Same(first.Factory, again.Factory);
        Assert.Equal(2, Row(catalog).Generations.Count);
        Assert.False(again.Use.Overdue.IsCancellationRequested);
        Assert.Null(again.Use.RetiredAt);
    }

    [Fact]
    public async Task Enabling_writes_the_entry_and_its_pin_beside_whatever_else_stands_there()
    {
        _tree.Add("Good");
        _tree.Add("LeavesMark");
        _tree.Write("""
            {
              // Kept by hand.
              "pluginsFolder": "plugins",
              "plugins": [
                { "id": "leaves-mark", "path": "LeavesMark", "enabled": false }, // for later
              ]
            }
            """);
        using var catalog = await LoadAsync(add: false);
        Assert.Equal(DriverState.Unlisted, Row(catalog).State);

        Assert.Null(PluginEntries.Enable(_tree.File, "good"));
        await catalog.RefreshAsync(Token);

        Assert.Equal((DriverState.Loaded, 1), (Row(catalog).State, Row(catalog).Generation!.Value));
        var text = await File.ReadAllTextAsync(_tree.File, Token);
        Assert.Contains("// Kept by hand.", text, StringComparison.Ordinal);
        Assert.Contains("// for later", text, StringComparison.Ordinal);
        var entry = PluginsFile.Read(_tree.File).Entries[1];
        Assert.Equal(("good", "Good", "1.2.3", FolderHash.Compute(Path.Combine(_tree.Folder, "Good")), true), (entry.Id, entry.Path, entry.Version, entry.Sha256, entry.Enabled));

        Assert.Null(PluginEntries.Disable(_tree.File, "good"));
        await catalog.RefreshAsync(Token);
        Assert.Equal(DriverState.Disabled, Row(catalog).State);
        Assert.False(catalog.TryGet(s_good, out _));
        Assert.Null(PluginEntries.Enable(_tree.File, "good"));
        await catalog.RefreshAsync(Token);
        Assert.Equal(1, PluginsTree.Get(catalog, "good").Generation);
        Assert.Equal(["good", "good", "good"], _changed);
        Assert.Equal(["leaves-mark", "good"], PluginsFile.Read(_tree.File).Entries.Select(static one => one.Id));
    }

    [Fact]
    public async Task What_cannot_be_enabled_or_pinned_says_why_and_leaves_the_file_as_it_was()
    {
        _tree.Add("OldContract");
        _tree.Add("Good", "one");
        _tree.Add("Good", "two");
        _tree.List();
        var before = await File.ReadAllBytesAsync(_tree.File, Token);

        var absent = PluginEntries.Enable(_tree.File, "nobody");
        var refused = PluginEntries.Enable(_tree.File, "old-contract");
        var twice = PluginEntries.Enable(_tree.File, "good");
        var unlisted = PluginEntries.Pin(_tree.File, "good");

        Assert.Contains("No plugin \"nobody\"", absent!.Reason, StringComparison.Ordinal);
        Assert.Contains("contract 0.9", refused!.Reason, StringComparison.Ordinal);
        Assert.Contains("one, two", twice!.Reason, StringComparison.Ordinal);
        Assert.Contains("no entry \"good\"", unlisted!.Reason, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_tree.File, Token));
    }

    public void Dispose() => _tree.Dispose();

    private async Task<DriverCatalog> LoadAsync(Host.Drivers.Generations.DriverTrial? trial = null, bool add = true)
    {
        if (add)
        {
            _tree.Add("Good");
            _tree.List(PluginsTree.Entry("good", "Good"));
        }

        var catalog = await _tree.LoadAsync(trial: trial, clock: _clock);
        catalog.Changed += id => _changed.Add(id.Value);
        return catalog;
    }

    private static DriverRow Row(DriverCatalog catalog) => catalog.Rows.First(static row => row.Id == s_good);

    /// <summary>The fixture under another version: other bytes.</summary>
    private string Version(string version, string name)
    {
        var folder = _tree.Add("Good", name);
        var manifest = Path.Combine(folder, "driver.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("1.2.3", version, StringComparison.Ordinal));
        return folder;
    }
}
