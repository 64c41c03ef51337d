using System.Text.Json;
using System.Xml.Linq;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

/// <summary>That the driver is a stranger's: built from the packed contract, and from nothing else of the tree.</summary>
public sealed class OutsideTests
{
    private static readonly string Source = Path.Combine(StagedDriver.Tree(), "tests", "fixtures", "third-party", "Lightspeed");
    private static readonly string ThirdParty = Path.Combine(StagedDriver.Tree(), "artifacts", "third-party");

    [Fact]
    public void Its_project_names_the_packed_contract_and_no_project_and_ends_the_search_for_build_files()
    {
        var project = XDocument.Load(Path.Combine(Source, "Outside.Lightspeed.csproj"));

        Assert.Equal(["Sous.Plugins.Sdk"], project.Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value));
        Assert.Empty(project.Descendants("ProjectReference").Concat(project.Descendants("Import")));
        Assert.All(["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"], file => Assert.Empty(XDocument.Load(Path.Combine(Source, file)).Descendants("Import")));
    }

    [Fact]
    public void It_was_restored_from_the_contracts_package_as_it_is_now()
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(ThirdParty, "build", "obj", "Outside.Lightspeed", "project.assets.json")));
        var libraries = assets.RootElement.GetProperty("libraries").EnumerateObject().Where(library => library.Name.StartsWith("Sous.", StringComparison.Ordinal)).ToList();

        var contract = Assert.Single(libraries);
        Assert.Equal("package", contract.Value.GetProperty("type").GetString());
        Assert.StartsWith(Path.Combine(ThirdParty, "packages"), assets.RootElement.GetProperty("project").GetProperty("restore").GetProperty("packagesPath").GetString(), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(typeof(IDriver).Assembly.Location), File.ReadAllBytes(Path.Combine(ThirdParty, "packages", contract.Value.GetProperty("path").GetString()!, "lib", "net10.0", "Sous.Plugins.Sdk.dll")));
    }

    [Fact]
    public void It_needs_nothing_of_ours_but_the_contract_and_brings_no_copy_of_that()
    {
        var ours = OutsideDriver.Assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("Sous.", StringComparison.Ordinal));

        Assert.Equal(["Sous.Plugins.Sdk"], ours);
        Assert.Equal(["Outside.Lightspeed.deps.json", "Outside.Lightspeed.dll", "Outside.Lightspeed.runtimeconfig.json", "driver.json"],
            Directory.GetFiles(OutsideDriver.Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(OutsideDriver.Folder, file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void It_is_small()
    {
        var files = Directory.GetFiles(Source, "*.cs", SearchOption.TopDirectoryOnly);

        Assert.InRange(files.Length, 1, 8);
        Assert.All(files, file => Assert.InRange(File.ReadAllLines(file).Length, 1, 250));
    }

    [Fact]
    public async Task Its_manifest_says_how_it_is_authorized_and_what_it_can_do()
    {
        var manifest = OutsideDriver.Manifest;
        await using var driver = new ScriptedLightspeed().Driver;

        Assert.Equal(("lightspeed", AuthorizationKind.OauthCode, ClientAuthentication.Basic, RefreshTokenUse.SingleUse), (manifest.Id, manifest.Authorization.Kind, manifest.Authorization.ClientAuthentication, manifest.Authorization.RefreshToken));
        Assert.Equal(["financial-api", "items"], manifest.Authorization.Scopes);
        Assert.Equal([("sales", StreamScope.Location), ("catalog", StreamScope.Connection)], manifest.Streams.Select(stream => (stream.Name, stream.Scope)));
        Assert.True(driver is IPosDriver and ILocationDirectory and IBusinessDayTotals);
    }
}
