using System.Diagnostics;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Simulators.Lightspeed;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>A stranger's driver, built from the packed contract alone, does the whole job in a host that has never heard of it.</summary>
public sealed class ThirdPartyProof
{
    private const string Driver = "lightspeed";
    private const string Plugin = "Outside.Lightspeed";
    private const int Refreshes = 6;

    private static readonly string ThirdParty = Path.Combine(Tree.Root, "artifacts", "third-party");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_that_is_dropped_in_connects_syncs_refreshes_and_ties_out()
    {
        // Arrange
        var root = Directory.CreateTempSubdirectory("sous-third-party-").FullName;
        await using var lightspeed = await LightspeedSimulator.StartAsync(new LightspeedSimulatorOptions { Accounts = 300, Days = 30, AccessTokenLife = TimeSpan.FromSeconds(6) }, cancellationToken: Token);
        var address = HostProcess.FreeAddress();
        await DropInAsync(root, address, lightspeed);

        // Act: the owner consents; the platform maps and syncs.
        Platform platform;
        await using (var first = Start(root, address, lightspeed))
        {
            platform = await ConnectAsync(first);
            await platform.SettleAsync(Token);
            await RefreshAsync(platform, lightspeed, Refreshes / 2);
            Assert.Equal(0, await first.StopAsync(Token));
        }

        // What the first process left is all that the second one has: among it the one refresh token that is still good.
        await using var second = Start(root, address, lightspeed);
        await second.ReadyAsync(Token);
        platform = new Platform(second.Client()) { Connection = platform.Connection };
        await RefreshAsync(platform, lightspeed, Refreshes);
        var sold = lightspeed.Changes.AddSale(lightspeed.Truth.Locations[0].Id);
        var back = lightspeed.Changes.Refund(lightspeed.Changes.AddSale(lightspeed.Truth.Locations[2].Id));
        await platform.SettleAsync(Token);

        // Assert
        Assert.Equal("ok", (string)(await platform.ViewAsync(Token))["status"]!);
        await AssertHeldByAsync(platform, lightspeed.Truth, [sold, back]);
        await AssertTiesAsync(platform.Client, lightspeed.Truth);
        var spent = lightspeed.Requests.Where(IsRefresh).Select(static request => request.Body).ToList();
        Assert.Equal(spent.Count, spent.Distinct().Count());
        Assert.All(lightspeed.Secrets, secret => Assert.DoesNotContain(secret, second.Output, StringComparison.Ordinal));
        platform.Dispose();
        await second.StopAsync(Token);
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task The_driver_builds_in_a_folder_that_has_nothing_of_the_tree_around_it()
    {
        var root = Directory.CreateTempSubdirectory("sous-stranger-").FullName;
        var source = Path.Combine(root, "driver");
        Copy(Path.Combine(Tree.Root, "tests", "fixtures", "third-party", "Lightspeed"), source);
        foreach (var left in Directory.GetDirectories(source).Where(static folder => Path.GetFileName(folder) is "bin" or "obj"))
        {
            Directory.Delete(left, recursive: true);
        }

        var nuget = Path.Combine(source, "nuget.config");
        var config = await File.ReadAllTextAsync(nuget, Token);
        await File.WriteAllTextAsync(nuget, config.Replace("../../../../artifacts", Path.Combine(Tree.Root, "artifacts"), StringComparison.Ordinal), Token);

        var start = new ProcessStartInfo("dotnet", ["build", "--configuration", "Release", "--disable-build-servers", "--nologo"]) { WorkingDirectory = source };
        start.Environment["NUGET_PACKAGES"] = Path.Combine(root, "packages");
        var build = await CommandProcess.RunAsync(start, Token);

        Assert.True(build.Exit == 0, build.Output);
        Assert.DoesNotContain(Tree.Root + Path.DirectorySeparatorChar + "host", build.Output, StringComparison.Ordinal);
        var built = Directory.GetFiles(Path.Combine(source, "bin", "Release", "net10.0")).Select(Path.GetFileName).Where(static file => Path.GetExtension(file) != ".pdb");
        Assert.Equal(Directory.GetFiles(Path.Combine(ThirdParty, "plugins", Plugin)).Select(Path.GetFileName).Order(StringComparer.Ordinal), built.Order(StringComparer.Ordinal));
        Directory.Delete(root, recursive: true);
    }

    /// <summary>A host that knows no driver runs, and its plugins folder gets one; the next start takes it.</summary>
    private static async Task DropInAsync(string root, Uri address, LightspeedSimulator lightspeed)
    {
        await WritePluginsAsync(root, "");
        await using var bare = Start(root, address, lightspeed);
        await bare.ReadyAsync(Token);
        using var operatorOfBare = bare.Client();
        Assert.Empty((await operatorOfBare.GetAsync("api/v1/drivers", Token))["items"]!.AsArray());
        Copy(Path.Combine(ThirdParty, "plugins", Plugin), Path.Combine(root, "plugins", Plugin));
        await WritePluginsAsync(root, $$"""{ "id": "{{Driver}}", "path": "{{Plugin}}" }""");
        Assert.Equal(0, await bare.StopAsync(Token));
    }

    private static HostProcess Start(string root, Uri address, LightspeedSimulator lightspeed)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["PublicUrl"] = address.GetLeftPart(UriPartial.Authority),
            ["ReturnAddresses:demo"] = DemoWalk.ReturnAddress,
            [$"Clients:{Driver}:ClientId"] = lightspeed.Options.ClientId,
            [$"Clients:{Driver}:ClientSecret"] = lightspeed.ClientSecret,
            [$"Clients:{Driver}:AuthUrl"] = lightspeed.Address.AbsoluteUri,
            [$"Clients:{Driver}:ApiUrl"] = lightspeed.Address.AbsoluteUri,
        };
        return HostProcess.Start(address, Path.Combine(root, "data"), configuration, null, "--plugins", Path.Combine(root, "plugins.json"));
    }

    private static Task WritePluginsAsync(string root, string entry)
    {
        Directory.CreateDirectory(Path.Combine(root, "plugins"));
        return File.WriteAllTextAsync(Path.Combine(root, "plugins.json"), $$"""{ "pluginsFolder": "plugins", "plugins": [ {{entry}} ] }""", Token);
    }

    private static async Task<Platform> ConnectAsync(HostProcess host)
    {
        await host.ReadyAsync(Token);
        var client = host.Client();
        var driver = await client.GetAsync($"api/v1/drivers/{Driver}", Token);
        Assert.True((string)driver["state"]! == "loaded", driver.ToString());
        using var unbound = new Platform(client);
        var platform = new Platform(host.Client()) { Connection = await unbound.ConnectAsync(Driver, null, Token) };
        while (!await platform.MapAsync(Token))
        {
            await Task.Delay(50, Token);
        }

        return platform;
    }

    /// <summary>Goes on selling and syncing until so many refresh tokens have been spent.</summary>
    private static async Task RefreshAsync(Platform platform, LightspeedSimulator lightspeed, int times)
    {
        while (lightspeed.Requests.Count(IsRefresh) < times)
        {
            lightspeed.Changes.AddSale(lightspeed.Truth.Locations[1].Id);
            var run = await platform.RunAsync("sales", Token);
            Assert.True((string)run["outcome"]! == "completed", run.ToString());
        }
    }

    private static bool IsRefresh(Sous.Plugins.Simulators.Hosting.RecordedRequest request)
        => request.Path == "/oauth/token" && request.Body.Contains("grant_type=refresh_token", StringComparison.Ordinal);

    private static async Task AssertHeldByAsync(Platform platform, LightspeedTruth truth, IReadOnlyList<string> live)
    {
        var feed = await platform.ReadFeedAsync(Token);
        Assert.True(feed.Findings.Count == 0, string.Join('\n', feed.Findings.Take(20)));
        var sales = feed.Current.Where(static record => record.Stream == "sales").ToLookup(static record => (string)record.Entry["location"]!, static record => record.Id);
        foreach (var location in truth.Locations)
        {
            Assert.Equal(location.DocumentIds.Order(StringComparer.Ordinal), sales[Platform.OwnId(location.Id)].Order(StringComparer.Ordinal));
        }

        Assert.Subset(sales.SelectMany(static ids => ids).ToHashSet(), live.ToHashSet());
        var items = feed.Current.Where(static record => record.Stream == "catalog" && (string)record.Entry["record"]!["type"]! == "item").Select(static record => record.Id);
        Assert.Equal(truth.Locations.SelectMany(static location => location.ItemIds).Order(StringComparer.Ordinal), items.Order(StringComparer.Ordinal));
    }

    private static async Task AssertTiesAsync(HostClient client, LightspeedTruth truth)
    {
        var today = TimeProvider.System.GetUtcNow();
        var days = (await client.GetAsync($"api/v1/tenants/demo/days?tieOut=true&from={today.AddDays(-45):yyyy-MM-dd}&to={today.AddDays(1):yyyy-MM-dd}", Token))["items"]!.AsArray();

        // Today is not whole yet, by the service's own word.
        var whole = days.Where(static day => (bool)day!["tieOut"]!["complete"]!).ToList();
        Assert.All(whole, day => Assert.True((bool)day!["tieOut"]!["ties"]!, day.ToString()));
        Assert.All(whole, static day => Assert.Equal(12, day!["tieOut"]!["figures"]!.AsArray().Count));
        Assert.InRange(whole.Count, truth.Locations.Sum(location => truth.Days(location.Id).Count) - (2 * truth.Locations.Count), int.MaxValue);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
