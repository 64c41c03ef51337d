using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs;

/// <summary>Invariant 9: no secret in logs, pages, answers or files.</summary>
public sealed partial class SecretsProof
{
    [Fact]
    public async Task Nothing_that_a_whole_run_emits_or_stores_holds_a_secret_that_it_used()
    {
        // Arrange
        var token = TestContext.Current.CancellationToken;
        var data = Directory.CreateTempSubdirectory("sous-secrets-").FullName;
        var address = HostProcess.FreeAddress();
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "500"], token);
        var configuration = DemoWalk.Configuration(address, simulators.Services);
        configuration["LogLevel"] = "Verbose";
        await using var host = HostProcess.Start(address, data, configuration);
        await host.ReadyAsync(token);
        var apiKey = (await File.ReadAllTextAsync(Path.Combine(data, "admin-key"), token)).Trim();
        using var recorder = new RecordingHandler(address);
        using var client = new HostClient(address, apiKey, recorder);
        using var browser = new OwnerBrowser(recorder);

        // Act
        var report = await new DemoWalk(client, browser, address).RunAsync(await simulators.ReadRestaurantsAsync(token), TextWriter.Null, token);
        using var pushes = new DemoPushes(client, simulators.Services);
        Assert.All(await pushes.RunAsync(report.BusiestOf("square"), report.BusiestOf("toast"), DemoWalk.RecipesFolder, token), static push => Assert.NotNull(push.After));
        await AskForErrorsAsync(client, token);
        var secrets = await ReadSecretsAsync(simulators, token);
        var links = recorder.Answers.SelectMany(static answer => ConnectLink().Matches(answer)).Select(static match => match.Groups[1].Value).ToList();
        await host.StopAsync(token);

        // Assert
        Assert.True(secrets.Count >= 4, "The simulator knows of a client secret, a code, an access and a refresh token at least.");
        Assert.NotEmpty(recorder.Answers);
        var emitted = string.Join('\n', recorder.Answers.Append(host.Output));
        Assert.All(secrets.Append(apiKey), secret => Assert.DoesNotContain(secret, emitted, StringComparison.Ordinal));
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.DoesNotContain(link, host.Output, StringComparison.Ordinal));
        await Leaks.AssertNotInFilesAsync(data, [.. secrets, apiKey], token);
        Directory.Delete(data, recursive: true);
    }

    /// <summary>The token of a connect page: it reaches the platform by design, and must reach nothing else.</summary>
    [GeneratedRegex("/connect/([A-Za-z0-9_-]{20,})")]
    private static partial Regex ConnectLink();

    /// <summary>Errors are where secrets slip out: the run ends with some.</summary>
    private static async Task AskForErrorsAsync(HostClient client, CancellationToken token)
    {
        await Assert.ThrowsAsync<HostRefusedException>(() => client.PostAsync("api/v1/tenants/demo/connect-sessions", new JsonObject { ["driver"] = "nothing" }, token));
        await Assert.ThrowsAsync<HostRefusedException>(() => client.GetAsync("oauth/callback/square?code=forged&state=forged", token));
        await Assert.ThrowsAsync<HostRefusedException>(() => client.GetAsync("connect/forged", token));
    }

    private static async Task<IReadOnlyList<string>> ReadSecretsAsync(SimulatorProcess simulators, CancellationToken token)
    {
        using var http = new HttpClient();
        var secrets = new List<string>();
        foreach (var (_, service) in simulators.Services.AsObject())
        {
            var json = JsonNode.Parse(await http.GetStringAsync(new Uri(new Uri((string)service!["apiUrl"]!), "/_simulator/secrets"), token))!;
            secrets.AddRange(json.AsArray().Select(static secret => (string)secret!));
        }

        return secrets;
    }
}
