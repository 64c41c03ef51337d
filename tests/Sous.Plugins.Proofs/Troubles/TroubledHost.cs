using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>
/// The whole worker in this process, by a clock that moves once nothing is left to do before. Its drivers are the tree's, told to take
/// small pages, so that few records are many of them.
/// </summary>
internal sealed class TroubledHost : IAsyncDisposable
{
    private const int Page = 5;

    /// <summary>How long nothing may happen before what is under way is taken to wait for the clock.</summary>
    private static readonly TimeSpan s_still = TimeSpan.FromMilliseconds(4);

    private static readonly TimeSpan s_round = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    // In memory: what a disk does is other proofs' to show, and would take most of the time.
    private readonly string _folder = Directory.CreateDirectory($"/dev/shm/sous-troubles-{Guid.NewGuid():N}").FullName;
    private readonly int _runsAtOnce;
    private readonly TimeSpan _patience;
    private readonly Uri _address = HostProcess.FreeAddress();
    private readonly ConcurrentQueue<SyncRun> _ended = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _calm = new();
    private Worker? _worker;
    private RunQueue? _queue;
    private CallBudgets? _budgets;
    private HostClient? _client;

    private TroubledHost(int runsAtOnce, TimeSpan patience) => (_runsAtOnce, _patience) = (runsAtOnce, patience);

    /// <summary>Far from the machine's own time, so that none can be taken for the other.</summary>
    public SteppedClock Clock { get; } = new(new DateTimeOffset(2031, 3, 3, 9, 0, 0, TimeSpan.Zero));

    public Dictionary<string, int> Ports { get; } = TroubledService.Drivers.ToDictionary(static driver => driver, static _ => HostProcess.FreeAddress().Port);

    public HostClient Client => _client ?? throw new InvalidOperationException("The host is stopped.");

    /// <summary>What is under way in front of it; null for nothing.</summary>
    public Scene? Scene { get; set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IRegistry Registry => _worker!.Get<IRegistry>();

    private CallBudgets Budgets => _budgets ?? throw new InvalidOperationException("The host was never started.");

    private RunQueue Queue => _queue ?? throw new InvalidOperationException("The host is stopped.");

    /// <param name="patience">How long it is waited for what does not wait for the clock, should it do so all the same; 5 s.</param>
    public static async Task<TroubledHost> StartAsync(int runsAtOnce = 2, TimeSpan? patience = null)
    {
        var host = new TroubledHost(runsAtOnce, patience ?? TimeSpan.FromSeconds(5));
        host.CopyPlugins();
        await host.OpenAsync();
        return host;
    }

    /// <summary>Stops in order, whatever is under way, and starts anew on the same folder.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    /// <summary>The runs that have ended since this was asked last, in the order of their ends.</summary>
    public IEnumerable<SyncRun> TakeEnded()
    {
        while (_ended.TryDequeue(out var run))
        {
            yield return run;
        }
    }

    /// <summary>Lets time pass.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        for (var until = Clock.GetUtcNow() + time; Clock.GetUtcNow() < until;)
        {
            await StillAsync();
            ForgetUnread();
            await StepAsync(until);
        }

        await StillAsync();
    }

    /// <summary>Until something holds; time passes where nothing else happens.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds)
    {
        var (began, since) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetTimestamp());
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < s_deadline, "What was waited for did not happen within a minute.");
            await StillAsync();
            ForgetUnread();
            await Task.Delay(1, Token);
            if (TimeProvider.System.GetElapsedTime(since) > s_still)
            {
                await StepAsync(Clock.GetUtcNow() + TimeSpan.FromHours(1));
                since = TimeProvider.System.GetTimestamp();
            }
        }
    }

    /// <summary>Removes a tenant, until nothing of it is left.</summary>
    public async Task RemoveAsync(string tenant)
    {
        await Client.DeleteAsync($"api/v1/tenants/{tenant}", Token);
        await UntilAsync(async () => (await Registry.ListAsync(TenantRemoval.Collection, "", Token)).Count == 0);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>To the next moment that something waits for; where nothing is under way, by ten minutes.</summary>
    private async Task StepAsync(DateTimeOffset latest)
    {
        var now = Clock.GetUtcNow();
        var round = new DateTimeOffset(now.Ticks - (now.Ticks % s_round.Ticks), TimeSpan.Zero) + s_round;
        latest = round < latest ? round : latest;
        Clock.Advance((Queue.Active.Any() || now < Scene?.Gate.ClosedUntil ? Clock.NextWaited(latest) : latest) - now);
        var since = TimeProvider.System.GetTimestamp();
        while (!IsCalmServed(Clock.GetUtcNow()) && TimeProvider.System.GetElapsedTime(since) < _patience)
        {
            await Task.Delay(1, Token);
        }
    }

    /// <summary>At each full hour the calm tenant is due, and nothing keeps it: the clock does not go on before.</summary>
    private bool IsCalmServed(DateTimeOffset now)
        => now.Ticks % TimeSpan.TicksPerHour != 0 || Scene is null || Scene.CalmStreams.All(stream => _calm.GetValueOrDefault(stream) >= now);

    /// <summary>Until nothing has happened for a moment: what is under way then waits for the clock.</summary>
    private async Task StillAsync()
    {
        var (seen, since) = (-1, TimeProvider.System.GetTimestamp());
        while (true)
        {
            var stirs = (Scene?.Gate.Stirs ?? 0) + _ended.Count;
            if (stirs != seen)
            {
                (seen, since) = (stirs, TimeProvider.System.GetTimestamp());
            }
            else if (TimeProvider.System.GetElapsedTime(since) > (IsAtWork ? _patience : s_still))
            {
                return;
            }

            await Task.Delay(1, Token);
        }
    }

    /// <summary>All is still: a wait that the host does not know of by now it never will.</summary>
    private void ForgetUnread()
    {
        if (Scene is { } scene && !IsWaitKnown(scene))
        {
            scene.Gate.ForgetUnread(KnownWait(scene));
        }
    }

    /// <summary>
    /// Whether something is under way that does not wait for the clock: an answer, the reading of a wait that it asked for, or a run of the
    /// calm tenant. What a call was answered last may not have been read yet by who asked, so that no step may follow at once.
    /// </summary>
    private bool IsAtWork => Scene is { } scene && (scene.Gate.IsAnswering
        || !IsWaitKnown(scene)
        || Queue.Active.Any(run => run.Request.Key.Connection.Value == scene.Calm));

    private async Task OpenAsync()
    {
        var services = new JsonObject();
        foreach (var (driver, port) in Ports)
        {
            var url = $"http://127.0.0.1:{port}";
            services[driver] = new JsonObject { ["apiUrl"] = url, ["authUrl"] = url, ["clientId"] = ClientIdOf(driver), ["clientSecret"] = TroubledService.Secret, ["webhookSecret"] = TroubledService.Secret };
        }

        var settings = DemoWalk.Configuration(_address, services);
        settings["LogLevel"] = "Fatal";
        settings["Syncing:MaxJitter"] = "00:00:00";
        settings["Syncing:MaxConcurrentRuns"] = _runsAtOnce.ToString(CultureInfo.InvariantCulture);
        settings["Syncing:MaxRunsPerService"] = "1";
        _worker = await Worker.StartAsync(
            new HostSettings { Urls = _address.GetLeftPart(UriPartial.Authority), Data = Path.Combine(_folder, "data"), Plugins = Path.Combine(_folder, "plugins.json"), Overrides = settings }, Clock, Token);
        _queue = _worker.Get<RunQueue>();
        _queue.Ended += OnEnded;
        // Looked at once the host is stopped, too.
        _budgets = _worker.Get<CallBudgets>();
        _client = new HostClient(_address, HostFile.Read(Path.Combine(_folder, "data"))!.Key);
    }

    private void OnEnded(ActiveRun active, RunEnd end)
    {
        if (active.Run.Connection.Value == Scene?.Calm)
        {
            _calm[active.Run.Stream.Value] = active.Run.StartedAt;
        }

        _ended.Enqueue(active.Run);
    }

    private async Task CloseAsync()
    {
        _client?.Dispose();
        var closing = _worker?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        while (!closing.IsCompleted)
        {
            // What stops may take its time by the clock.
            await Task.WhenAny(closing, Task.Delay(_patience, Token));
            if (!closing.IsCompleted)
            {
                await StepAsync(Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
            }
        }

        await closing;
        // An answer to a call that the stop gave up was read by nobody: only the waits that the host knows of bind it.
        Scene?.Gate.ForgetBeyond(KnownWait(Scene));
    }

    /// <summary>Of two waits that calls made at once were told, the longer may be read later.</summary>
    private bool IsWaitKnown(Scene scene) => scene.Gate.ClosedUntil <= KnownWait(scene);

    /// <summary>Until when the host knows that the service asked it to wait; now for not at all.</summary>
    private DateTimeOffset KnownWait(Scene scene) => Budgets.Find(new DriverId(scene.Service.Service.Driver))?.FindWait(new ConnectionId(scene.Connection))?.Until ?? Clock.GetUtcNow();

    private static string ClientIdOf(string driver) => driver switch
    {
        "square" => new Simulators.Square.SquareSimulatorOptions().ClientId,
        "toast" => new Simulators.Toast.ToastSimulatorOptions().ClientId,
        _ => new Simulators.Drive.DriveSimulatorOptions().ClientId,
    };

    private void CopyPlugins()
    {
        var list = JsonNode.Parse(File.ReadAllText(Path.Combine(Tree.Root, "plugins.json")))!;
        foreach (var path in list["plugins"]!.AsArray().Select(static entry => (string)entry!["path"]!))
        {
            var copy = Directory.CreateDirectory(Path.Combine(_folder, "plugins", path)).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Tree.Root, (string)list["pluginsFolder"]!, path)))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(copy, "driver.json")))!;
            foreach (var stream in manifest["streams"]!.AsArray())
            {
                stream!["pageLimit"] = Page;
            }

            // Each sequence has a service of its own, to which the client has to log in.
            if (manifest["authorization"]!["loginsPerHour"] is not null)
            {
                manifest["authorization"]!["loginsPerHour"] = 600;
            }

            File.WriteAllText(Path.Combine(copy, "driver.json"), manifest.ToJsonString());
        }

        list["pluginsFolder"] = "plugins";
        list.AsObject().Remove("$schema");
        File.WriteAllText(Path.Combine(_folder, "plugins.json"), list.ToJsonString());
    }
}
