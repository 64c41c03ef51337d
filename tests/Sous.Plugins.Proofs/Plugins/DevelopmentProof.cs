using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>What a driver's author sees of <c>plugins dev</c>: each build serves in the running host, and is shown in one recorded page; what does not build changes nothing.</summary>
public sealed partial class DevelopmentProof : IDisposable
{
    private readonly PluginsFolder _plugins = new();
    private readonly TemplateProject _project = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_edit_serves_as_a_new_generation_and_shows_in_a_recorded_page_and_at_the_end_all_is_as_before()
    {
        await _project.BuildSampleAsync(Token);
        using var sample = Process.Start(new ProcessStartInfo("dotnet", [_project.Sample]) { RedirectStandardOutput = true })!;
        await using var host = await StartAsync(sample);
        try
        {
            var first = JsonNode.Parse((await DevAsync("--once", "--keep")).Output)!;
            Assert.Equal((true, 1), ((bool?)first["serves"], (int?)first["generation"]));
            Assert.Contains("connect one", (string?)first["note"], StringComparison.Ordinal);
            var before = await File.ReadAllTextAsync(_plugins.File, Token);
            await ConnectAsync(host);

            using var dev = CommandProcess.Start(HostProcess.NoSettings, "plugins", "dev", _project.Folder, "--data", _plugins.Data, "--json");
            Assert.Equal((1, 0), Changes(await NextAsync(dev)));
            // From here on the service has gone: the page comes from what it answered.
            sample.Kill();
            _project.Edit("Mapping.cs", "Number = sale.Number,", "Number = \"#\" + sale.Number,");
            var changed = await NextAsync(dev);
            Assert.Equal((2, 93), Changes(changed));
            Assert.Equal("number", (string?)changed["page"]!["diff"]!["members"]!.AsArray().Single()!["path"]);
            Assert.StartsWith("\"#1", (string?)changed["page"]!["diff"]!["records"]![0]!["members"]![0]!["new"], StringComparison.Ordinal);

            _project.Edit("Mapping.cs", "\"#\" + sale.Number,", "sale.Nothing,");
            var broken = await NextAsync(dev);
            Assert.Equal((false, false), ((bool?)broken["built"], (bool?)broken["serves"]));
            Assert.Contains("Mapping.cs(43,", (string?)broken["errors"]!.AsArray().Single(), StringComparison.Ordinal);
            Assert.Contains("CS1061", (string?)broken["errors"]![0], StringComparison.Ordinal);
            Assert.Equal(2, await GenerationAsync(host));

            using var kill = Process.Start("kill", ["-TERM", $"{dev.Id}"]);
            await dev.WaitForExitAsync(Token);
            Assert.Equal((0, 1, before), (dev.ExitCode, await GenerationAsync(host), await File.ReadAllTextAsync(_plugins.File, Token)));
            Assert.Single(Directory.GetDirectories(Path.Combine(_plugins.Root, "plugins")));
            Assert.DoesNotContain("#1", host.Output, StringComparison.Ordinal);
        }
        finally
        {
            sample.Kill();
        }
    }

    public void Dispose()
    {
        _project.Dispose();
        _plugins.Dispose();
    }

    private async Task<HostProcess> StartAsync(Process sample)
    {
        var told = Told().Match(await sample.StandardOutput.ReadLineAsync(Token) ?? "");
        _key = told.Groups["key"].Value;
        var settings = new Dictionary<string, string?> { ["Clients:acme:ApiUrl"] = told.Groups["address"].Value };
        var host = HostProcess.Start(HostProcess.FreeAddress(), _plugins.Data, settings, _plugins.Root);
        await host.ReadyAsync(Token);
        return host;
    }

    private string _key = "";

    private Task<CommandProcess> DevAsync(params string[] options)
        => CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["plugins", "dev", _project.Folder, "--data", _plugins.Data, "--json", .. options]);

    private async Task ConnectAsync(HostProcess host)
    {
        using var client = host.Client();
        await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "author" }, Token);
        var connection = await client.PostAsync("api/v1/tenants/author/connections", new JsonObject { ["driver"] = "acme", ["apiKey"] = _key }, Token);
        while ((await client.GetAsync($"api/v1/tenants/author/connections/{(string?)connection["id"]}/locations", Token))["items"]!.AsArray().Count == 0)
        {
            await Task.Delay(100, Token);
        }
    }

    private static async Task<JsonNode> NextAsync(Process dev) => JsonNode.Parse(await dev.StandardOutput.ReadLineAsync(Token) ?? throw new InvalidOperationException("It ended."))!;

    private static (int?, int?) Changes(JsonNode report) => ((int?)report["generation"], (int?)report["page"]?["diff"]?["changed"]);

    private static async Task<int?> GenerationAsync(HostProcess host)
    {
        using var client = host.Client();
        return (int?)(await client.GetAsync("api/v1/drivers/acme", Token))["generation"];
    }

    [GeneratedRegex("answers at (?<address>[^ ]+) to the key (?<key>[^ ]+)\\. ")]
    private static partial Regex Told();
}
