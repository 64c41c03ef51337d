using System.Text;
using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>Invariant 19 at the host itself: twenty plugins that cannot be loaded lie in its folder at once, each says why, and the good ones serve.</summary>
public sealed class BadPluginsProof : IDisposable
{
    private const string Dll = "Fixture.Good.dll";

    private static readonly (string Id, string Fixture, string Reason)[] s_built =
    [
        ("throws-in-constructor", "ThrowsInConstructor", "No constructor of mine returns."),
        ("throws-in-static", "ThrowsInStatic", "No field of mine is ever set."),
        ("throws-in-module", "ThrowsInModule", "No code of mine is ever run."),
        ("hangs-in-constructor", "HangsInConstructor", "did not load within 10 s"),
        ("missing-dependency", "MissingDependency", "Fixture.Greeting 1.0.0.0, which Fixture.MissingDependency.dll needs, is not in the folder."),
        ("old-contract", "OldContract", "contract 0.9, which this host no longer speaks"),
        ("future-contract", "FutureContract", "contract 1.7, which is newer"),
        ("not-a-driver", "NotADriver", "is not a driver: it has no [assembly: SousDriver]"),
    ];

    /// <summary>The good driver, under an id of its own, with one thing spoiled.</summary>
    private static readonly (string Id, string Reason, Action<string> Spoil)[] s_spoiled =
    [
        ("corrupt", "is not a .NET assembly, or is damaged", static folder => File.WriteAllBytes(Path.Combine(folder, Dll), [.. File.ReadAllBytes(Path.Combine(folder, Dll)).Take(700)])),
        ("empty", "is empty", static folder => File.WriteAllBytes(Path.Combine(folder, Dll), [])),
        ("native", "is not a .NET assembly, or is damaged", static folder => File.Copy("/proc/self/exe", Path.Combine(folder, Dll), overwrite: true)),
        ("other-framework", "was built for .NET 11.0, which is newer", static folder => Replace(Path.Combine(folder, Dll), ".NETCoreApp,Version=v10.0", ".NETCoreApp,Version=v11.0")),
        ("no-dll", "which driver.json names, is not in the folder", static folder => File.Delete(Path.Combine(folder, Dll))),
        ("no-manifest", "There is no driver.json", static folder => File.Delete(Path.Combine(folder, "driver.json"))),
        ("wrong-manifest", "is not a known property", static folder => Replace(Path.Combine(folder, "driver.json"), "\"coverage\"", "\"coverag\"")),
        ("no-json", "it is not JSON at line 1", static folder => File.WriteAllText(Path.Combine(folder, "driver.json"), "not json")),
        ("own-sdk", "carries its own Sous.Plugins.Sdk.dll", static folder => File.Copy(Path.Combine(HostProcess.Folder, "Sous.Plugins.Sdk.dll"), Path.Combine(folder, "Sous.Plugins.Sdk.dll"))),
        ("linked", "is a link", static folder => File.CreateSymbolicLink(Path.Combine(folder, "passwd"), "/etc/passwd")),
        ("misleading", "names ../../evil.dll, outside the folder", static folder => File.WriteAllText(Path.Combine(folder, "Fixture.Good.deps.json"), """{ "runtimeTarget": { "name": "t" }, "targets": { "t": { "X/1.0.0": { "runtime": { "../../evil.dll": {} } } } } }""")),
        ("gone", "does not exist", static folder => Directory.Delete(folder, recursive: true)),
    ];

    private readonly PluginsFolder _plugins = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_bad_plugins_and_one_driver_twice_leave_a_host_that_is_degraded_and_the_good_ones_serve()
    {
        // Arrange
        foreach (var (id, fixture, _) in s_built)
        {
            _plugins.Add($"fixtures/Fixture.{fixture}", id);
        }

        foreach (var (id, _, spoil) in s_spoiled)
        {
            _plugins.Add("fixtures/Fixture.Good", id);
            Replace(Path.Combine(_plugins.Of(id), "driver.json"), "\"id\": \"good\"", $"\"id\": \"{id}\"");
            spoil(_plugins.Of(id));
        }

        _plugins.Add("plugins/Sous.Plugins.Square", "square");
        _plugins.Add("fixtures/Fixture.Good", "good");
        _plugins.Add("fixtures/Fixture.Good", "good-twice");
        (string Id, string Reason)[] bad = [.. s_built.Select(static one => (one.Id, one.Reason)), .. s_spoiled.Select(static one => (one.Id, one.Reason))];
        Assert.Equal(20, bad.Length);
        _plugins.List([.. bad.Select(static one => (one.Id, one.Id)), ("square", "square"), ("good", "good")]);

        // Act
        await using var host = HostProcess.Start(HostProcess.FreeAddress(), _plugins.Data, HostProcess.NoSettings, _plugins.Root);
        await host.ReadyAsync(Token);
        using var client = host.Client();
        var ready = await client.GetAsync("health/ready", Token);
        var rows = (await client.GetAsync("api/v1/drivers", Token))["items"]!.AsArray();

        // Assert
        Assert.Equal("degraded", (string?)ready["status"]);
        Assert.Equal([.. Enumerable.Repeat("refused", bad.Length), "loaded", "loaded", "unlisted"], rows.Select(static row => (string?)row!["state"]));
        Assert.All(bad.Zip(rows), static pair =>
        {
            Assert.Equal(pair.First.Id, (string?)pair.Second!["id"]);
            Assert.Contains(pair.First.Reason, (string?)pair.Second["reason"], StringComparison.Ordinal);
            Assert.False(string.IsNullOrEmpty((string?)pair.Second["remedy"]));
        });
        Assert.Contains("names another folder, good", (string?)rows[^1]!["reason"], StringComparison.Ordinal);
        Assert.Equal(0, await host.StopAsync(Token));
    }

    public void Dispose() => _plugins.Dispose();

    /// <summary>Puts one text in another's place; in a DLL both are as long.</summary>
    private static void Replace(string path, string text, string by)
    {
        var content = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        Assert.Contains(text, content, StringComparison.Ordinal);
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content.Replace(text, by, StringComparison.Ordinal)));
    }
}
