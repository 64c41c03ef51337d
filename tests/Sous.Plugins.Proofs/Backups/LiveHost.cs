using System.Net.Http.Json;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Backups;

/// <summary>A host on a simulated service, one connection, all locations mapped; and what verbs do with its data. Folders are below one that goes away.</summary>
internal sealed class LiveHost : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("sous-backup-").FullName;
    private readonly SimulatorProcess _simulators;

    private LiveHost(SimulatorProcess simulators)
    {
        _simulators = simulators;
        Address = HostProcess.FreeAddress();
        Configuration = DemoWalk.Configuration(Address, simulators.Services);
        Configuration["MasterKey"] = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());
        Service = new HttpClient { BaseAddress = new Uri((string)simulators.Services["square"]!["apiUrl"]!) };
    }

    public Uri Address { get; }

    public Dictionary<string, string?> Configuration { get; }

    public HttpClient Service { get; }

    public string Data => Below("data");

    public HostProcess Process { get; private set; } = null!;

    public Platform Platform { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<LiveHost> StartAsync(int orders, TimeSpan latency = default)
    {
        var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", orders.ToString(System.Globalization.CultureInfo.InvariantCulture), "--days", "60"], Token);
        var live = new LiveHost(simulators);
        await live.SlowDownAsync(latency);
        await live.StartAsync();
        using var platform = new Platform(live.Process.Client());
        var connection = await platform.ConnectAsync(Token);
        live.Platform = new Platform(live.Process.Client()) { Connection = connection };
        while (!await live.Platform.MapAsync(Token))
        {
            await Task.Delay(50, Token);
        }

        return live;
    }

    public string Below(string name) => Path.Combine(_root, name);

    /// <summary>How long the service takes for each answer from now on.</summary>
    public async Task SlowDownAsync(TimeSpan latency)
    {
        using var answer = await Service.PostAsJsonAsync("_simulator/chaos", new { latency }, Token);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The host on the folder that it had.</summary>
    public async Task StartAsync()
    {
        Process = HostProcess.Start(Address, Data, Configuration);
        await Process.ReadyAsync(Token);
    }

    /// <summary>The platform's part towards a restored copy of this host: the keys are the same ones.</summary>
    public Platform PlatformOf(HostProcess copy)
        => new(new HostClient(copy.Address, File.ReadAllText(Path.Combine(Data, "admin-key")).Trim()), restored: true) { Connection = Platform.Connection };

    public Task<CommandProcess> RunAsync(params string[] arguments) => CommandProcess.RunAsync(Configuration, Token, arguments);

    /// <summary>Names of what is below the root.</summary>
    public IEnumerable<string> Names() => Directory.EnumerateFileSystemEntries(_root).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        Platform?.Dispose();
        await Process.DisposeAsync();
        Service.Dispose();
        await _simulators.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }
}
