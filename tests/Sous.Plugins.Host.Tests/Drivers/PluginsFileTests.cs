using System.Text;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;

namespace Sous.Plugins.Host.Tests.Drivers;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PluginsFileTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    /// <summary>A file, and what its one error must name.</summary>
    public static TheoryData<string, string> WholeFiles => new()
    {
        { "", "is not JSON at line 1" },
        { "   ", "is not JSON" },
        { "{", "is not JSON" },
        { "nonsense", "is not JSON" },
        { """{ "pluginsFolder": "p", "plugins": [] } trailing""", "is not JSON" },
        { """{ "pluginsFolder": "p" "plugins": [] }""", "line 1, byte" },
        { "null", "null is wrong" },
        { "[]", "the list is wrong" },
        { "7", "7 is wrong" },
        { "{}", "pluginsFolder" },
        { """{ "pluginsFolder": "p" }""", "plugins" },
        { """{ "plugins": [] }""", "pluginsFolder" },
        { """{ "pluginsFolder": "", "plugins": [] }""", "pluginsFolder" },
        { """{ "pluginsFolder": 7, "plugins": [] }""", "pluginsFolder: 7 is wrong" },
        { """{ "pluginsFolder": "p", "plugins": {} }""", "plugins: the object is wrong" },
        { """{ "pluginsFolder": "p", "plugins": null }""", "plugins: null is wrong" },
        { """{ "pluginsFolder": "p", "plugins": [], "requirePin": true }""", "requirePin: is not a known property" },
        { """{ "pluginsFolder": "p", "plugins": [], "requirePins": "yes" }""", "requirePins: \"yes\" is wrong" },
        { """{ "pluginsFolder": "p", "plugins": [], "autoEnable": 1 }""", "autoEnable: 1 is wrong" },
        { """{ "pluginsFolder": "p", "PLUGINS": [], "plugins": [] }""", "PLUGINS: is not a known property" },
        { """{ "pluginsFolder": "p", "pluginsFolder": "q", "plugins": [] }""", "pluginsFolder: stands twice" },
        { """{ "pluginsFolder": "p", "plugins": [], "plugins": [] }""", "plugins: stands twice" },
        { """{ "$schema": 3, "pluginsFolder": "p", "plugins": [] }""", "$schema: 3 is wrong" },
        { """{ "pluginsFolder": "p", "plugins": [ "square" ] }""", "plugins[0]: \"square\" is wrong" },
        { """{ "pluginsFolder": "p", "plugins": [ null ] }""", "plugins[0]: null is wrong" },
        { """{ "pluginsFolder": "p", "plugins": [ [] ] }""", "plugins[0]: the list is wrong" },
        { """{ "pluginsFolder": "p", "plugins": [ {} ] }""", "plugins[0]" },
        { new string('[', 100), "is not JSON" },
        { $$"""{ "pluginsFolder": "p", "plugins": [], "$schema": "{{new string('x', 1 << 20)}}" }""", "is larger than" },
    };

    /// <summary>The second of two entries, and what its one error must name.</summary>
    public static TheoryData<string, string> Entries => new()
    {
        { """{ "path": "b" }""", "id" },
        { """{ "id": "b" }""", "path" },
        { """{ "id": "B", "path": "b" }""", "plugins[1].id: \"B\" is wrong" },
        { """{ "id": "", "path": "b" }""", "plugins[1].id: \"\" is wrong" },
        { """{ "id": "a b", "path": "b" }""", "plugins[1].id: \"a b\" is wrong" },
        { """{ "id": "a_b", "path": "b" }""", "plugins[1].id: \"a_b\" is wrong" },
        { """{ "id": "../b", "path": "b" }""", "plugins[1].id: \"../b\" is wrong" },
        { """{ "id": "b\n", "path": "b" }""", "plugins[1].id" },
        { """{ "id": "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx", "path": "b" }""", "plugins[1].id" },
        { """{ "id": 5, "path": "b" }""", "plugins[1].id: 5 is wrong" },
        { """{ "id": null, "path": "b" }""", "plugins[1].id: null is wrong" },
        { """{ "id": "a", "path": "b" }""", "plugins[1].id: \"a\" is listed already" },
        { """{ "id": "b", "path": "a" }""", "plugins[1].path: \"a\" is listed already" },
        { """{ "id": "b", "path": "a/" }""", "plugins[1].path: \"a\" is listed already" },
        { """{ "id": "b", "path": "" }""", "plugins[1].path" },
        { """{ "id": "b", "path": 5 }""", "plugins[1].path: 5 is wrong" },
        { """{ "id": "b", "path": "../b" }""", "plugins[1].path: \"../b\" climbs out with .." },
        { """{ "id": "b", "path": "b/../../c" }""", "plugins[1].path: \"b/../../c\" climbs out with .." },
        { """{ "id": "b", "path": "b/.." }""", "climbs out" },
        { """{ "id": "b", "path": "." }""", "names no folder" },
        { """{ "id": "b", "path": "b//c" }""", "names no folder" },
        { """{ "id": "b", "path": "/etc" }""", "plugins[1].path: \"/etc\" is absolute" },
        { """{ "id": "b", "path": "..\\b" }""", "holds a character" },
        { """{ "id": "b", "path": "b\u0000c" }""", "holds a character" },
        { """{ "id": "b", "path": "out" }""", "plugins[1].path: \"out\" is a link that leads out" },
        { """{ "id": "b", "path": "out/deeper" }""", "is a link that leads out" },
        { """{ "id": "b", "path": "circle" }""", "is a link that leads nowhere" },
        { """{ "id": "b", "path": "b", "version": 1 }""", "plugins[1].version: 1 is wrong" },
        { """{ "id": "b", "path": "b", "version": "latest" }""", "plugins[1].version: \"latest\" is wrong" },
        { """{ "id": "b", "path": "b", "sha256": "abc" }""", "plugins[1].sha256: \"abc\" is wrong" },
        { $$"""{ "id": "b", "path": "b", "sha256": "{{new string('A', 64)}}" }""", "plugins[1].sha256" },
        { """{ "id": "b", "path": "b", "enabled": "yes" }""", "plugins[1].enabled: \"yes\" is wrong" },
        { """{ "id": "b", "path": "b", "isolation": "jail" }""", "plugins[1].isolation: \"jail\" is wrong" },
        { """{ "id": "b", "path": "b", "isolation": 0 }""", "plugins[1].isolation: 0 is wrong" },
        { """{ "id": "b", "path": "b", "settings": [] }""", "plugins[1].settings: the list is wrong" },
        { """{ "id": "b", "path": "b", "settings": { "x": 1, "x": 2 } }""", "plugins[1].settings.x: stands twice" },
        { """{ "id": "b", "path": "b", "limits": { "memory": 5 } }""", "plugins[1].limits.memory: is not a known property" },
        { """{ "id": "b", "path": "b", "enable": false }""", "plugins[1].enable: is not a known property" },
        { """{ "id": "b", "path": "b", "id": "c" }""", "plugins[1].id: stands twice" },
    };

    [Theory]
    [MemberData(nameof(WholeFiles))]
    public void A_file_that_cannot_be_used_is_refused_by_name(string json, string named) => AssertNamed(json, named);

    [Theory]
    [MemberData(nameof(Entries))]
    public void An_entry_that_cannot_be_used_is_refused_with_its_place(string entry, string named)
    {
        Directory.CreateSymbolicLink(Path.Combine(_tree.Folder, "out"), "/etc");
        Directory.CreateSymbolicLink(Path.Combine(_tree.Folder, "circle"), "circle");
        AssertNamed($$"""{ "pluginsFolder": "plugins", "plugins": [ { "id": "a", "path": "a" }, {{entry}} ] }""", named);
    }

    [Fact]
    public void AutoEnable_is_for_a_host_that_is_reached_on_loopback_alone()
    {
        _tree.Write("""{ "pluginsFolder": "plugins", "plugins": [], "autoEnable": true }""");

        Assert.True(PluginsFile.Read(new DriversOptions { Plugins = _tree.File }).AutoEnable);
        var refusal = Assert.Throws<PluginsFileException>(() => PluginsFile.Read(new DriversOptions { Plugins = _tree.File, Exposed = "https://sous.example" }));

        Assert.Contains("autoEnable: true is accepted only while every listener and the public URL are loopback, and https://sous.example is not", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        _tree.Write("""{ "pluginsFolder": "p", "colour": 1, "plugins": [ { "id": "A", "path": "../x" }, { "id": "b", "path": "/y", "z": 1 }, { "id": "b", "path": "b", "path": "b" } ] }""");

        var errors = Assert.Throws<PluginsFileException>(() => PluginsFile.Read(_tree.File)).Errors;

        string[] named = ["colour", "plugins[0].id", "plugins[0].path", "plugins[1].path", "plugins[1].z", "plugins[2].id", "plugins[2].path"];
        Assert.All(named, n => Assert.Contains(errors, e => e.StartsWith($"{_tree.File}: {n}: ", StringComparison.Ordinal)));
        Assert.Equal(named.Length, errors.Count);
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused_by_name()
    {
        var refusal = Assert.Throws<PluginsFileException>(() => PluginsFile.Read(_tree.File));

        Assert.StartsWith(_tree.File, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_a_byte_order_mark_a_trailing_comma_and_a_link_inside_are_fine()
    {
        Directory.CreateDirectory(Path.Combine(_tree.Folder, "v2"));
        Directory.CreateSymbolicLink(Path.Combine(_tree.Folder, "current"), "v2");
        File.WriteAllText(_tree.File, """
            {
              // where drivers live
              "pluginsFolder": "plugins",
              "requirePins": true,
              "plugins": [ { "id": "a", "path": "current/", "enabled": false, "isolation": "process", "settings": { "x": [1] }, } ],
            }
            """, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        var file = PluginsFile.Read(_tree.File);

        Assert.Equal(_tree.Folder, file.PluginsFolder);
        Assert.True(file.RequirePins);
        var entry = Assert.Single(file.Entries);
        Assert.Equal(("a", "current", false, PluginIsolation.Process), (entry.Id, entry.Path, entry.Enabled, entry.Isolation));
        Assert.Equal("""{ "x": [1] }""", entry.Settings!.Value.GetRawText());
    }

    [Fact]
    public void The_trees_own_file_lists_square_without_a_pin()
    {
        var file = PluginsFile.Read(Path.Combine(PluginsTree.Artifacts, "..", "plugins.json"));

        Assert.Equal(Path.Combine(PluginsTree.Artifacts, "plugins"), file.PluginsFolder);
        var square = Assert.Single(file.Entries, e => e.Id == "square");
        Assert.True(square.Enabled);
        Assert.Null(square.Sha256);
    }

    public void Dispose() => _tree.Dispose();

    private void AssertNamed(string json, string named)
    {
        _tree.Write(json);
        var errors = Assert.Throws<PluginsFileException>(() => PluginsFile.Read(_tree.File)).Errors;
        Assert.Contains(errors, e => e.Contains(named, StringComparison.Ordinal));
        Assert.All(errors, e => Assert.StartsWith($"{_tree.File}: ", e, StringComparison.Ordinal));
        Assert.True(errors.Count <= 2, string.Join('\n', errors));
    }
}
