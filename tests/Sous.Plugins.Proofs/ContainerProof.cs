using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>
/// host/deploy/Dockerfile: the host as the user that it names, on a file system that nobody can write but for its data folder, with its settings.
/// Bubblewrap makes the walls here, as a container's runtime does there; no image is built.
/// </summary>
public sealed partial class ContainerProof
{
    private static readonly string s_file = File.ReadAllText(Path.Combine(Tree.Root, "host", "deploy", "Dockerfile"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_host_runs_as_nobody_in_particular_on_a_file_system_that_is_read_only_but_for_its_data()
    {
        var data = Directory.CreateTempSubdirectory("sous-container-").FullName;
        try
        {
            string[] walls = [.. Walls(data)];
            Assert.SkipWhen(await RunAsync([.. walls, "true"]) != 0, "Bubblewrap is not here or may not make walls.");
            Assert.NotEqual(0, await RunAsync([.. walls, "touch", Path.Combine(Tree.Root, "written")]));
            Assert.Equal(0, await RunAsync([.. walls, "touch", Path.Combine(data, "written")]));
            File.Delete(Path.Combine(data, "written"));

            var (address, settings) = (HostProcess.FreeAddress(), Settings());
            await using var host = HostProcess.StartUnder(walls, address, data, settings);
            await host.ReadyAsync(Token);

            // Bubblewrap waits for it, and ends as it ends.
            var id = (await File.ReadAllTextAsync($"/proc/{host.Id}/task/{host.Id}/children", Token)).Trim();
            Assert.Equal(User().Match(s_file).Groups[1].Value, (await File.ReadAllTextAsync($"/proc/{id}/uid_map", Token)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
            using var client = new HttpClient { BaseAddress = address };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", HostFile.Read(data)!.Key);
            var found = (await client.GetFromJsonAsync<JsonElement>("api/v1/doctor", Token)).GetProperty("items").EnumerateArray().ToList();
            Assert.DoesNotContain(found, static one => one.GetProperty("state").GetString() == "failed");
            var drivers = await client.GetFromJsonAsync<JsonElement>("api/v1/drivers", Token);
            Assert.NotEmpty(drivers.GetProperty("items").EnumerateArray());
            Assert.All(drivers.GetProperty("items").EnumerateArray(), static driver => Assert.Equal("loaded", driver.GetProperty("state").GetString()));
            using var open = new HttpClient { BaseAddress = new Uri(settings["PublicListen"]!.Replace("*", "127.0.0.1", StringComparison.Ordinal)) };
            Assert.True((await open.GetAsync("health/live", Token)).IsSuccessStatusCode);
            Assert.Equal(0, await RunAsync(["kill", "-TERM", id]));
            Assert.Equal(0, await host.WaitForExitAsync(Token));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>What is built is only put together here: compiled ahead, as the file has it, it would take minutes.</summary>
    [Fact]
    public async Task A_host_that_is_published_finds_beside_it_what_it_needs_for_a_database()
    {
        var folder = Directory.CreateTempSubdirectory("sous-published-").FullName;
        try
        {
            var published = Path.Combine(folder, "host");
            var publish = await CommandProcess.RunAsync(
                new ProcessStartInfo(
                    "dotnet",
                    ["publish", Path.Combine(Tree.Root, "host", "Sous.Plugins.Host"), "--no-build", "--configuration", Tree.Configuration, "--output", published, "--nologo", "--verbosity", "quiet", "-nodeReuse:false"]),
                Token);
            Assert.True(publish.Exit == 0, publish.Output);
            Assert.True(File.Exists(Path.Combine(published, "cluster", "Sous.Plugins.Host.Cluster.deps.json")));

            var start = new ProcessStartInfo(
                "dotnet",
                [Path.Combine(published, "Sous.Plugins.Host.dll"), "run", "--urls", HostProcess.FreeAddress().GetLeftPart(UriPartial.Authority), "--data", Path.Combine(folder, "data")]) { WorkingDirectory = Tree.Root };
            start.Environment["SOUS_Postgres"] = "Host=127.0.0.1;Port=1;Username=kitchen";
            start.Environment["SOUS_MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
            var host = await CommandProcess.RunAsync(start, Token);

            Assert.Equal(1, host.Exit);
            Assert.Contains("could not be used: Failed to connect to 127.0.0.1:1", host.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Walls(string data)
    {
        var user = User().Match(s_file);
        return
        [
            "bwrap", "--unshare-user", "--uid", user.Groups[1].Value, "--gid", user.Groups[2].Value, "--die-with-parent",
            "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", Tree.Root, Tree.Root, "--bind", data, data,
        ];
    }

    /// <summary>Those of the file, on ports that are free here, with a master key as they need it.</summary>
    private static Dictionary<string, string?> Settings()
    {
        var settings = Setting().Matches(s_file).ToDictionary(static match => match.Groups[1].Value, static match => (string?)match.Groups[2].Value);
        Assert.Equal(["Data", "Plugins", "PublicListen", "Urls"], settings.Keys.Order(StringComparer.Ordinal));
        settings.Remove("Data");
        settings["Plugins"] = Path.Combine(Tree.Root, "plugins.json");
        settings["PublicListen"] = $"http://*:{FreePort.Take()}";
        settings["PublicUrl"] = "https://sous.example";
        settings["MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        return settings;
    }

    private static async Task<int> RunAsync(string[] command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
            await process.StandardError.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    [GeneratedRegex(@"^USER (\d+):(\d+)$", RegexOptions.Multiline)]
    private static partial Regex User();

    [GeneratedRegex(@"SOUS_(\w+)=(\S+)")]
    private static partial Regex Setting();
}
