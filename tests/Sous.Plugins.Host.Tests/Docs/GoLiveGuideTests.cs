using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Drivers;

namespace Sous.Plugins.Host.Tests.Docs;

/// <summary>host/GO-LIVE.md: a host takes its settings, and what it has registered at the services is what that host says.</summary>
public sealed partial class GoLiveGuideTests
{
    private const string Public = "https://sous.example";

    private static readonly string s_tree = Path.GetDirectoryName(PluginsTree.Artifacts)!;

    private static readonly string s_guide = File.ReadAllText(Path.Combine(s_tree, "host", "GO-LIVE.md"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_with_the_guides_settings_says_the_addresses_that_the_guide_has_registered(bool inSandboxToo)
    {
        await using var host = await RunningWorker.StartAsync(
            [("MasterKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))), ("PublicUrl", Public), .. SettingsOf(s_guide, inSandboxToo)]);

        var found = (await host.Admin.GetFromJsonAsync<JsonElement>("api/v1/doctor", TestContext.Current.CancellationToken)).GetProperty("items").EnumerateArray().ToList();

        Assert.DoesNotContain(found, static one => one.GetProperty("state").GetString() == "failed");
        foreach (var (driver, section) in Sections())
        {
            var registration = found.SingleOrDefault(one => one.GetProperty("check").GetString() == $"registration {driver}");
            if (registration.ValueKind == JsonValueKind.Undefined)
            {
                // A third party's: it is not among the tree's own plugins.
                Assert.Equal("lightspeed", driver);
                continue;
            }

            Assert.Equal("ok", registration.GetProperty("state").GetString());
            Assert.Contains(registration.TryGetProperty("redirectAddress", out var redirect) ? $"`{redirect.GetString()}`" : "redirect address | none", section, StringComparison.Ordinal);
            Assert.Contains(registration.TryGetProperty("webhookAddress", out var webhook) ? $"`{WebhookKey().Replace(webhook.GetString()!, "/…")}`" : "webhooks | nothing to register", section, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_driver_has_its_section_with_every_scope_and_setting_that_its_manifest_asks_for()
    {
        var sections = Sections();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(s_tree, "plugins"), "driver.json", SearchOption.AllDirectories).Append(Path.Combine(s_tree, "tests", "fixtures", "third-party", "Lightspeed", "driver.json")))
        {
            using var manifest = JsonDocument.Parse(File.ReadAllText(path));
            var driver = manifest.RootElement.GetProperty("id").GetString()!;
            var section = sections[driver];
            Assert.Contains($"SOUS_Clients__{driver.Replace('-', '_')}__ClientSecret=", section, StringComparison.Ordinal);
            if (driver != "lightspeed" && manifest.RootElement.GetProperty("authorization").TryGetProperty("scopes", out var scopes))
            {
                Assert.All(scopes.EnumerateArray(), scope => Assert.Contains($"`{scope.GetString()}`", section, StringComparison.Ordinal));
            }
        }
    }

    /// <summary>The guide's sections of services, by the driver whose settings they name.</summary>
    private static Dictionary<string, string> Sections()
        => s_guide.Split("\n## ").Where(static section => section.Contains("SOUS_Clients__", StringComparison.Ordinal)).ToDictionary(static section => Driver().Match(section).Groups[1].Value.Replace('_', '-'));

    /// <summary>With made-up values where the guide leaves them open.</summary>
    private static IEnumerable<(string Key, string? Value)> SettingsOf(string text, bool inSandboxToo) => Setting().Matches(text)
        .Select(static match => (Key: match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal), Value: match.Groups[2].Value))
        .Where(setting => setting.Key != "PublicUrl" && (inSandboxToo || !setting.Value.Contains("sandbox", StringComparison.Ordinal)))
        .Select(static setting => (setting.Key, (string?)setting.Value.Replace("https://…", "https://toast.example", StringComparison.Ordinal).Replace("…", "made-up", StringComparison.Ordinal)));

    [GeneratedRegex("SOUS_Clients__([a-z_]+?)__")]
    private static partial Regex Driver();

    [GeneratedRegex(@"^ *SOUS_(\w+)=(\S+)", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex("/[^/]+$")]
    private static partial Regex WebhookKey();
}
