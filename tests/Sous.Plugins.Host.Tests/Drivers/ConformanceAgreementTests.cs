using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Rules;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Host.Tests.Drivers;

/// <summary>What the conformance suite takes from a driver a host takes too, and what it refuses a host refuses.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ConformanceAgreementTests
{
    private static readonly string Good = Path.Combine(PluginsTree.Artifacts, "fixtures", "Fixture.Good");

    private static readonly StreamManifest Stream = new() { Name = "catalog", Scope = StreamScope.Connection, Schedule = "0 * * * *", PageLimit = 1 };

    private static readonly CatalogEntry Entry = new Category { Ref = new ExternalRef("good", "1"), Name = "" };

    private static DriverManifest Manifest => DriverManifest.Read(File.ReadAllBytes(Path.Combine(Good, "driver.json")));

    [Theory]
    [InlineData("http://127.0.0.1:4711/v1/x", true)]
    [InlineData("https://files.fixture.example/x", true)]
    [InlineData("https://FILES.fixture.example/x", true)]
    [InlineData("https://a.cdn.fixture.example/x", true)]
    [InlineData("https://a.b.cdn.fixture.example/x", true)]
    [InlineData("https://cdn.fixture.example/x", false)]
    [InlineData("https://evilcdn.fixture.example/x", false)]
    [InlineData("https://127.0.0.1:4711/v1/x", false)]
    [InlineData("http://127.0.0.1:4712/v1/x", false)]
    [InlineData("http://localhost:4711/v1/x", false)]
    [InlineData("http://files.fixture.example/x", false)]
    [InlineData("https://files.fixture.example:8443/x", false)]
    [InlineData("https://user:word@files.fixture.example/x", false)]
    [InlineData("https://api.fixture.example/x", false)]
    [InlineData("https://files.fixture.example.evil.example/x", false)]
    public void They_allow_the_same_addresses(string address, bool allowed)
    {
        var (uri, api) = (new Uri(address), new Uri("http://127.0.0.1:4711/"));
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);

        var refused = Record.Exception(() => EgressPolicy.ForApi(Manifest, new OperatorAddresses(api, null)).Check(request));

        Assert.Equal(allowed, refused is null);
        Assert.Equal(allowed, new HostGate(api, Manifest).Allows(uri));
    }

    [Cases(2000)]
    public bool They_refuse_the_same_page_first(int seed)
    {
        var pages = Pages(new Random(seed)).ToList();
        var guard = new PageGuard(Stream);

        var byHost = pages.FindIndex(page => Record.Exception(() => guard.Check(page)) is not null) + 1;
        var bySuite = PageRules.ObjectionsTo(pages.Select(PageView.Of), Stream).Select(objection => objection.Page).FirstOrDefault();

        return byHost == bySuite;
    }

    [Theory]
    [InlineData("*/15 * * * *", "whenever")]
    [InlineData("\"version\": \"1.2.3\"", "\"version\": \"one\"")]
    [InlineData("\"id\": \"good\"", "\"id\": \"Good!\"")]
    [InlineData("\"contract\": \"1.0\"", "\"contract\": 1")]
    [InlineData("https://api.fixture.example/", "https://api.fixture.example/v1")]
    [InlineData("https://api.fixture.example/", "ftp://api.fixture.example/")]
    [InlineData("files.fixture.example\"", "https://files.fixture.example\"")]
    [InlineData("\"kind\": \"api_key\"", "\"kind\": \"oauth_code\"")]
    [InlineData("\"coverage\":", "\"coverag\":")]
    [InlineData("\"coverage\":", "\"settings\": { \"type\": 7 }, \"coverage\":")]
    [InlineData("\"name\": \"sales\"", "\"name\": \"orders\"")]
    [InlineData("{\n  \"id\"", "{\n  \"id\" \"id\"")]
    [InlineData("", "")]
    public void They_find_fault_with_the_same_manifests(string said, string instead)
    {
        var folder = Directory.CreateTempSubdirectory("agreement-");
        try
        {
            foreach (var file in Directory.GetFiles(Good))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            var path = Path.Combine(folder.FullName, "driver.json");
            var text = File.ReadAllText(path);
            Assert.Contains(said, text, StringComparison.Ordinal);
            File.WriteAllText(path, said.Length == 0 ? text : text.Replace(said, instead, StringComparison.Ordinal));
            var (host, suite) = (new List<Finding>(), new Findings([]));

            ManifestCheck.Read(folder.FullName, host);
            ManifestRule.Check(folder.FullName, suite);

            Assert.Equal(said.Length > 0, host.Count > 0);
            Assert.Equal(host.Count > 0, suite.ToResult(new("manifest", default, "")).Said.Count > 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Few ids and few positions, so that all that can be wrong with pages comes about.</summary>
    private static IEnumerable<SyncPage<CatalogEntry>> Pages(Random random)
    {
        var (listing, round) = (random.Next(3) == 0, random.Next(3) == 0);
        var position = 0;
        for (var i = random.Next(1, 20); i > 0; i--)
        {
            position = random.Next(round ? 100 : 8) switch { 0 => random.Next(6), 1 => position, _ => position + 1 };
            var changes = Enumerable.Range(0, random.Next(3 + (random.Next(12) / 11))).Select(n => round ? Change.Upsert(n == 0 ? "first" : "second", Entry) : ChangeOf(random)).ToList();
            var text = random.Next(60) == 0 ? new string('x', Checkpoint.MaxLength + random.Next(2)) : $"{position}";
            yield return new SyncPage<CatalogEntry>(changes, new Checkpoint(text)) { Listing = listing ? Listing.Part : Listing.None };
        }
    }

    private static Change<CatalogEntry> ChangeOf(Random random)
    {
        var id = random.Next(40) switch { 0 => "", 1 => new string('i', 200 + random.Next(2)), var n => $"{n % 25}" };
        return random.Next(30) switch
        {
            0 => new Change<CatalogEntry>(ChangeKind.Delete, id, Entry),
            1 => new Change<CatalogEntry>(ChangeKind.Upsert, id, null),
            2 => Change.Delete<CatalogEntry>(id),
            _ => Change.Upsert(id, Entry),
        };
    }
}
