using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>Real hosts on one real PostgreSQL.</summary>
internal sealed class SharedHosts : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-hosts-").FullName;
    private readonly List<HostProcess> _hosts = [];

    private SharedHosts(PostgresServer server, Dictionary<string, string?> configuration)
    {
        (Server, Configuration) = (server, configuration);
        File.WriteAllText(Plugins, """{ "pluginsFolder": "plugins", "plugins": [] }""");
    }

    public PostgresServer Server { get; }

    /// <summary>What each host that is started from now on is told.</summary>
    public Dictionary<string, string?> Configuration { get; }

    public string Database => Configuration["Postgres"]!;

    public string Key { get; private set; } = "";

    /// <summary>Names no driver: what the hosts work with they fetch from the database, where the first left it.</summary>
    private string Plugins => Path.Combine(_folder, "plugins.json");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A database on which a host has worked that stopped.</summary>
    /// <param name="address">That host's.</param>
    /// <param name="configuration">What each host is told; the database and the master key are added.</param>
    /// <param name="connect">What is done with that host.</param>
    /// <param name="arguments">Further ones of that host's command line.</param>
    public static async Task<SharedHosts> StartAsync(Uri address, Dictionary<string, string?> configuration, Func<SharedHosts, HostProcess, Task> connect, params string[] arguments)
    {
        SkipWhereMissing();
        var hosts = new SharedHosts(await PostgresServer.StartAsync(), configuration);
        configuration["Postgres"] = await hosts.Server.CreateAsync(null, Token);
        configuration["MasterKey"] = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());
        await using var first = HostProcess.Start(address, Path.Combine(hosts._folder, "first"), configuration, null, arguments);
        await first.ReadyAsync(Token);
        hosts.Key = (await File.ReadAllTextAsync(Path.Combine(first.Data, "admin-key"), Token)).Trim();
        await connect(hosts, first);
        Assert.Equal(0, await first.StopAsync(Token));
        return hosts;
    }

    public static void SkipWhereMissing() => Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");

    /// <summary>Starts another host, which has no driver of its own; returns at once.</summary>
    public HostProcess Next()
    {
        var host = HostProcess.Start(HostProcess.FreeAddress(), Path.Combine(_folder, $"host-{_hosts.Count}"), Configuration, null, "--plugins", Plugins);
        _hosts.Add(host);
        return host;
    }

    public HostClient ClientOf(HostProcess host) => new(host.Address, Key);

    /// <summary>The hosts as one of them lists them, by the numbers of their processes.</summary>
    public async Task<(int Id, string State)[]> ListAsync(HostProcess host)
    {
        using var client = ClientOf(host);
        return [.. (await client.GetAsync("api/v1/hosts", Token))["items"]!.AsArray().Select(static one => (int.Parse(((string)one!["name"]!).Split('/')[^1], CultureInfo.InvariantCulture), (string)one["state"]!))];
    }

    /// <summary>Waits until the host that works says that all of these help it.</summary>
    public async Task HelpAsync(HostProcess working, params IReadOnlyList<HostProcess> helpers)
    {
        while ((await ListAsync(working)) is var listed && !helpers.All(helper => listed.Contains((helper.Id, "helps"))))
        {
            await Task.Delay(100, Token);
        }
    }

    /// <summary>Waits until one of these works.</summary>
    public static async Task<HostProcess> WorksAsync(IReadOnlyList<HostProcess> hosts)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = await Task.WhenAny(hosts.Select(async host =>
        {
            await host.ReadyAsync(over.Token);
            return host;
        }));
        var works = await first;
        await over.CancelAsync();
        return works;
    }

    /// <summary>The first line that a host says to Prometheus of an instrument, without its name; null where it says none.</summary>
    public static async Task<string?> ReadMetricAsync(HostProcess host, string name)
    {
        using var http = new HttpClient { BaseAddress = host.Address };
        return (await http.GetStringAsync("metrics", Token)).Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(' ')[1];
    }

    /// <summary>How many runs a host says that it carried out for another.</summary>
    public static async Task<long> ReadRunsAsync(HostProcess host)
        => long.Parse(await ReadMetricAsync(host, "sous_host_runs_total") ?? "0", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"Host {host.Address} wrote:\n{host.Output}");
            }

            await host.DisposeAsync();
        }

        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
