using System.Diagnostics;
using System.Globalization;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Simulators.Toast;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs;

/// <summary>The typed client of sdk/client-typescript against a running host: its types are what the host describes, and its own check walks the main story.</summary>
[Collection(nameof(ClientProof))]
public sealed class ClientProof(ITestOutputHelper output)
{
    private static readonly string s_client = Path.Combine(Tree.Root, "sdk", "client-typescript");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_typescript_client_is_what_the_host_describes_and_goes_from_a_tenant_to_its_feed_and_webhooks()
    {
        // Arrange
        Assert.SkipUnless(OnPath("npm"), "NOT PROVEN HERE: there is no npm; on Debian: apt-get install nodejs npm.");
        Assert.SkipUnless(Directory.Exists(Path.Combine(s_client, "node_modules")), $"NOT PROVEN HERE: its packages are not installed: run `npm ci --ignore-scripts` in {s_client}.");
        await using var toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 200, RateLimits = false }, cancellationToken: Token);
        var data = Directory.CreateTempSubdirectory("sous-client-").FullName;
        var address = HostProcess.FreeAddress();
        await using var host = HostProcess.Start(address, data, new Dictionary<string, string?>
        {
            ["PublicUrl"] = address.AbsoluteUri,
            ["Clients:toast:ClientId"] = toast.Options.ClientId,
            ["Clients:toast:ClientSecret"] = toast.ClientSecret,
            ["Clients:toast:ApiUrl"] = toast.Address.AbsoluteUri,
            ["Clients:toast:AuthUrl"] = toast.Address.AbsoluteUri,
            ["Clients:toast:RateLimits:Connection"] = "none",
        });
        await host.ReadyAsync(Token);
        var restaurant = toast.Truth.Restaurants[0];
        var check = new ProcessStartInfo("npm", ["run", "check"]) { WorkingDirectory = s_client };
        check.Environment["SOUS_URL"] = address.GetLeftPart(UriPartial.Authority);
        check.Environment["SOUS_KEY"] = (await File.ReadAllTextAsync(Path.Combine(data, "admin-key"), Token)).Trim();
        check.Environment["SOUS_RESTAURANT"] = restaurant.Id;
        check.Environment["SOUS_ORDERS"] = restaurant.OrderIds.Count.ToString(CultureInfo.InvariantCulture);
        var port = FreePort.Take().ToString(CultureInfo.InvariantCulture);
        using var redis = OnPath("redis-server") ? StartRedis(port) : null;
        check.Environment["SOUS_REDIS"] = redis is null ? null : port;

        // Act
        var (exit, told) = await RunAsync(check, redis);

        // Assert
        output.WriteLine(told);
        Assert.True(exit == 0, $"{told}\nWhere the API has changed: start the host, `npm run generate`, and commit src/api.ts.\n{host.Output}");
        await host.StopAsync(Token);
        Directory.Delete(data, recursive: true);
    }

    internal static bool OnPath(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>A Redis that keeps nothing on a disk; the client waits until it listens.</summary>
    private static Process StartRedis(string port)
        => Process.Start(new ProcessStartInfo("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction"]) { RedirectStandardOutput = true })!;

    /// <summary>Nothing of it is left behind, should the test be ended.</summary>
    private static async Task<(int Exit, string Output)> RunAsync(ProcessStartInfo start, Process? beside)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (text, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
            await process.WaitForExitAsync(Token);
            return (process.ExitCode, await text + await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            beside?.Kill();
        }
    }
}
