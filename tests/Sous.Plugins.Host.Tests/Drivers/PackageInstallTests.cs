using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Packages;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary><c>plugins install</c>: a package's plugin lands in a folder of its own, pinned; a package that is up to no good leaves nothing behind.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PackageInstallTests : IDisposable
{
    private readonly PluginsTree _tree = new();

    public PackageInstallTests() => _tree.List();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_package_is_unpacked_listed_pinned_and_then_loaded()
    {
        using var package = Pack("1.2.3");

        var installed = PackageInstall.Install(package, _tree.File);

        var entry = Assert.Single(PluginsFile.Read(_tree.File).Entries);
        Assert.Equal(("good", "good-1.2.3", "1.2.3", FolderHash.Compute(Path.Combine(_tree.Folder, "good-1.2.3"))), (entry.Id, entry.Path, entry.Version, entry.Sha256));
        Assert.Empty(installed.Findings);
        using var catalog = await _tree.LoadAsync();
        Assert.Equal("1.2.3", PluginsTree.Get(catalog, "good").Manifest.Version);
        Assert.Equal([".packages", "good-1.2.3"], Folders());
    }

    [Fact]
    public void A_newer_one_takes_over_the_entry_and_the_old_folder_stays_to_go_back_to()
    {
        Install("1.2.3");
        Install("1.2.3");
        Install("2.0.0");

        Assert.Equal(("good-2.0.0", "2.0.0"), (Entry().Path, Entry().Version));
        Assert.Equal([".packages", "good-1.2.3", "good-2.0.0"], Folders());
        Install("1.2.3");
        Assert.Equal("good-1.2.3", Entry().Path);
    }

    [Fact]
    public void Other_bytes_of_a_version_that_is_there_are_refused()
    {
        Install("1.2.3");
        var before = File.ReadAllBytes(_tree.File);
        using var other = Pack("1.2.3", static archive => Add(archive, "plugin/more.txt", "more"));

        Assert.Contains("is there already", Assert.Throws<PackageException>(() => PackageInstall.Install(other, _tree.File)).Message, StringComparison.Ordinal);

        Assert.Equal(before, File.ReadAllBytes(_tree.File));
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "plugin/../../evil.txt", "climbs out with .." },
        { "plugin//etc/evil.txt", "is absolute" },
        { "plugin/a\\b.txt", "a character that no path needs" },
        { "plugin/c:evil.txt", "a name that no plugin needs" },
        { "plugin/DRIVER.json", "twice" },
        { "plugin/link", "is a link or a device" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_package_that_is_up_to_no_good_leaves_nothing(string name, string reason)
    {
        using var package = Pack("1.2.3", archive =>
        {
            var entry = Add(archive, name, "/etc/passwd");
            entry.ExternalAttributes = name.EndsWith("link", StringComparison.Ordinal) ? unchecked((int)0xA1FF0000) : 0;
        });

        Assert.Contains(reason, Assert.Throws<PackageException>(() => PackageInstall.Install(package, _tree.File)).Message, StringComparison.Ordinal);

        Nothing();
    }

    [Fact]
    public void A_bomb_is_given_up_on_by_what_it_unpacks_to()
    {
        using var package = Pack("1.2.3", static archive =>
        {
            using var zeros = archive.CreateEntry("plugin/zeros").Open();
            zeros.Write(new byte[8 << 20]);
        });

        Assert.True(package.Length < 1 << 20);
        var folder = Directory.CreateDirectory(Path.Combine(_tree.Root, "out")).FullName;
        Assert.Contains("more bytes", Assert.Throws<PackageException>(() => PackageContent.Extract(package, folder, mostBytes: 4 << 20)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_plugin_says_why()
    {
        using var library = new MemoryStream();
        using (var archive = new ZipArchive(library, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, "lib/net10.0/Some.dll", "MZ");
        }

        using var garbage = new MemoryStream([1, 2, 3, 4]);
        using var old = Pack("1.2.3", fixture: "OldContract");

        Assert.Contains("no plugin/driver.json", Assert.Throws<PackageException>(() => PackageInstall.Install(library, _tree.File)).Message, StringComparison.Ordinal);
        Assert.Contains("no zip file", Assert.Throws<PackageException>(() => PackageInstall.Install(garbage, _tree.File)).Message, StringComparison.Ordinal);
        Assert.Contains("contract 0.9", Assert.Throws<PackageException>(() => PackageInstall.Install(old, _tree.File)).Message, StringComparison.Ordinal);
        Nothing();
    }

    [Fact]
    public async Task A_feed_is_a_folder_or_a_server_and_gives_the_newest_that_is_no_preview_or_the_one_asked_for()
    {
        var feed = Directory.CreateDirectory(Path.Combine(_tree.Root, "feed")).FullName;
        foreach (var version in (string[])["1.2.3", "2.0.0", "3.0.0-beta"])
        {
            using var package = Pack(version);
            await using var file = File.Create(Path.Combine(feed, $"Good.Driver.{version}.nupkg"));
            await package.CopyToAsync(file, Token);
        }

        await using var server = await ServeAsync(feed);
        foreach (var source in (string[])[feed, $"{server.Urls.First()}/v3/index.json"])
        {
            Assert.Equal("2.0.0", await InstallAsync("Good.Driver", null, source));
            Assert.Equal("1.2.3", await InstallAsync("good.driver", "1.2.3", source));
            Assert.Equal("2.0.0", await PackageFeed.FindNewestAsync("Good.Driver", source, Token));
            var absent = await Assert.ThrowsAsync<PackageException>(() => PackageFeed.OpenAsync("Good.Driver", "9.9.9", source, Token));
            Assert.Contains("1.2.3, 2.0.0, 3.0.0-beta", absent.Message, StringComparison.Ordinal);
        }

        Assert.Contains("https", (await Assert.ThrowsAsync<PackageException>(() => PackageFeed.OpenAsync("x", null, "http://feed.example/index.json", Token))).Message, StringComparison.Ordinal);
        Assert.Contains("--source", (await Assert.ThrowsAsync<PackageException>(() => PackageFeed.OpenAsync("x", null, null, Token))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", (await Assert.ThrowsAsync<PackageException>(() => PackageFeed.OpenAsync(Path.Combine(_tree.Root, "none.nupkg"), null, null, Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_newer_is_told_of_a_folder_that_lies_there_and_of_the_feed_that_is_asked()
    {
        Install("1.2.3");
        Assert.Null(Assert.Single(PluginInspection.Verify(PluginsFile.Read(_tree.File))).Newer);
        foreach (var (version, folder) in (ReadOnlySpan<(string, string)>)[("1.10.0", "newer"), ("1.9.0", "new"), ("1.0.0", "older"), ("9.0.0", "broken")])
        {
            var path = Path.Combine(_tree.Add("Good", folder), "driver.json");
            File.WriteAllText(path, File.ReadAllText(path).Replace("1.2.3", version, StringComparison.Ordinal));
        }

        File.Delete(Path.Combine(_tree.Folder, "broken", "Fixture.Good.dll"));

        var plugin = PluginInspection.Verify(PluginsFile.Read(_tree.File)).First(static one => one.Entry is not null);
        Assert.Equal((new NewerPlugin("1.10.0", "newer"), "Good.Driver"), (plugin.Newer!, plugin.Package));
        using var catalog = await _tree.LoadAsync();
        var view = DriverView.Of(catalog.Rows.First(static row => row.State == DriverState.Loaded));
        Assert.Equal((plugin.Newer, plugin.Package), (view.Newer, view.Package));
        Assert.Contains("plugins enable good --folder newer", catalog.Rows.First(static row => row.Path == "newer").Remedy, StringComparison.Ordinal);

        Assert.Null(PluginEntries.Switch(_tree.File, "good", "newer"));
        Assert.Equal(("newer", "1.10.0", FolderHash.Compute(Path.Combine(_tree.Folder, "newer"))), (Entry().Path, Entry().Version, Entry().Sha256));
        await catalog.RefreshAsync(Token);
        Assert.Equal("1.10.0", PluginsTree.Get(catalog, "good").Manifest.Version);
        Assert.Null(catalog.Rows.First(static row => row.State == DriverState.Loaded).Newer);
        Assert.Contains("holds the driver \"good\", not \"other\"", PluginEntries.Switch(_tree.File, "other", "new")!.Reason, StringComparison.Ordinal);
        Assert.Contains("climbs out", PluginEntries.Switch(_tree.File, "good", "../x")!.Reason, StringComparison.Ordinal);
        Assert.Contains("is not in the folder", PluginEntries.Switch(_tree.File, "good", "broken")!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plugin_that_was_copied_is_looked_for_by_its_assemblys_name_and_a_spoiled_note_by_nothing()
    {
        _tree.Add("Good");
        _tree.List(PluginsTree.Entry("good", "Good"));
        Assert.Equal("Fixture.Good", Package());

        PackageOrigin.Note(_tree.Folder, "good", "../../evil");

        Assert.Null(Package());

        string? Package() => Assert.Single(PluginInspection.Verify(PluginsFile.Read(_tree.File))).Package;
    }

    public void Dispose() => _tree.Dispose();

    private async Task<string?> InstallAsync(string id, string? version, string source)
    {
        await using var content = await PackageFeed.OpenAsync(id, version, source, Token);
        return PackageInstall.Install(content, _tree.File).Manifest?.Version;
    }

    private void Install(string version)
    {
        using var package = Pack(version);
        PackageInstall.Install(package, _tree.File);
    }

    private PluginEntry Entry() => Assert.Single(PluginsFile.Read(_tree.File).Entries);

    private string[] Folders() => [.. Directory.GetDirectories(_tree.Folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private void Nothing()
    {
        Assert.Empty(Folders());
        Assert.Empty(PluginsFile.Read(_tree.File).Entries);
        Assert.False(File.Exists(Path.Combine(_tree.Root, "evil.txt")));
    }

    /// <summary>A package as <c>dotnet pack</c> makes it, of a fixture under another version.</summary>
    private static MemoryStream Pack(string version, Action<ZipArchive>? more = null, string fixture = "Good")
    {
        var package = new MemoryStream();
        using (var archive = new ZipArchive(package, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(archive, "Good.Driver.nuspec", $"""<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>Good.Driver</id><version>{version}</version><authors>a</authors><description>d</description></metadata></package>""");
            foreach (var file in Directory.EnumerateFiles(Path.Combine(PluginsTree.Artifacts, "fixtures", $"Fixture.{fixture}")))
            {
                var name = Path.GetFileName(file);
                using var entry = archive.CreateEntry($"plugin/{name}").Open();
                entry.Write(name == "driver.json" ? Encoding.UTF8.GetBytes(File.ReadAllText(file).Replace("1.2.3", version, StringComparison.Ordinal)) : File.ReadAllBytes(file));
            }

            more?.Invoke(archive);
        }

        package.Position = 0;
        return package;
    }

    private static ZipArchiveEntry Add(ZipArchive archive, string name, string text)
    {
        var entry = archive.CreateEntry(name);
        using var content = entry.Open();
        content.Write(Encoding.UTF8.GetBytes(text));
        return entry;
    }

    /// <summary>What of a NuGet server a client asks to find and fetch a package.</summary>
    private static async Task<WebApplication> ServeAsync(string feed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/v3/index.json", (HttpRequest request) => Results.Json(new Dictionary<string, object>
        {
            ["version"] = "3.0.0",
            ["resources"] = new[] { new Dictionary<string, string> { ["@id"] = $"http://{request.Host}/v3/flat/", ["@type"] = "PackageBaseAddress/3.0.0" } },
        }));
        app.MapGet("/v3/flat/{id}/index.json", (string id) => Results.Json(new { versions = Directory.GetFiles(feed).Select(file => Path.GetFileNameWithoutExtension(file)[(id.Length + 1)..]).Order() }));
        app.MapGet("/v3/flat/{id}/{version}/{file}", (string version) => Results.File(Path.Combine(feed, $"Good.Driver.{version}.nupkg")));
        await app.StartAsync(Token);
        return app;
    }
}
