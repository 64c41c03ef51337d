using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Sdk;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>
/// One restaurant's hours with a service that goes wrong, all chosen by a seed, beside a calm tenant of another service. What must hold
/// is looked at after each run that says that it is complete, and at the end, once all is well again.
/// </summary>
internal sealed class Sequence : IAsyncDisposable
{
    private const string Hourly = "0 * * * *";

    private readonly TroubledHost _host;
    private readonly Random _random;
    private readonly bool _isTroubled;
    private readonly string _tenant;
    private readonly TroubledService _service;
    private readonly TroubledService _calm;
    private readonly List<(string Name, Func<Task> TakeAsync)> _steps = [];
    private readonly List<string> _taken = [];
    private readonly List<SyncRun> _runs = [];
    private Uri? _hook;
    private string _connection = "";
    private string _calmConnection = "";

    private Sequence(TroubledHost host, int seed, bool isTroubled, string tenant, TroubledService service, TroubledService calm)
    {
        (_host, _random, _isTroubled, _tenant, _service, _calm) = (host, new Random(seed), isTroubled, tenant, service, calm);
        Gate = new TroubleGate(service, host.Clock);
        service.Watch(Gate);
    }

    public TroubleGate Gate { get; }

    /// <summary>Runs of the troubled connection that have ended.</summary>
    public IEnumerable<SyncRun> Runs => Of(_connection);

    /// <summary>How late the calm tenant's runs began, together.</summary>
    public TimeSpan Lateness { get; private set; }

    /// <summary>What was done, in order.</summary>
    public string Story => $"{_service.Service.Driver} beside {_calm.Service.Driver}: {string.Join("; ", _taken)}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Platform Platform => PlatformOf(_tenant, _service, _connection);

    /// <param name="name">Part of the names of its tenants, which no other sequence of the host has.</param>
    /// <param name="isTroubled">Whether the service goes wrong, or all else happens alone.</param>
    public static async Task<Sequence> StartAsync(TroubledHost host, int seed, string name, bool isTroubled)
    {
        var random = new Random(seed);
        var driver = TroubledService.Drivers[random.Next(TroubledService.Drivers.Length)];
        var calm = driver == "toast" ? "google-drive" : "toast";
        var size = random.Next(10, 60);
        return new Sequence(
            host, seed, isTroubled, name,
            await TroubledService.StartAsync(driver, host.Ports[driver], seed, size, host.Clock, Token),
            await TroubledService.StartAsync(calm, host.Ports[calm], seed, 5, host.Clock, Token));
    }

    public async Task RunAsync()
    {
        Choose();
        await ConnectAsync();
        var began = _host.Clock.GetUtcNow();
        foreach (var (name, takeAsync) in _steps)
        {
            _taken.Add(name);
            await takeAsync();
        }

        _taken.Add("all is well");
        Gate.Clear();
        _service.Tell(null);
        await _host.PassAsync(TimeSpan.FromHours(1));
        await SettleAsync();
        await AssertHeldAsync();
        Assert.True(Gate.Early.Count == 0, string.Join('\n', Gate.Early));
        await _host.UntilAsync(async () => (string?)(await Platform.ViewAsync(Token))["status"] == "ok");
        AssertTold();
        Lateness = LatenessSince(began);
    }

    /// <summary>Some hours, over whose beginning a run of the troubled service waits.</summary>
    public async Task RunWaitingAsync()
    {
        await ConnectAsync();
        Gate.Clear();
        var began = _host.Clock.GetUtcNow();
        for (var hours = 1; hours <= 3; hours++)
        {
            await _host.PassAsync(new DateTimeOffset(began.Date, TimeSpan.Zero).AddHours(began.Hour + hours).AddSeconds(-10) - _host.Clock.GetUtcNow());
            Gate.Add([Trouble.AskToWait(50)]);
            await BeginAsync(_service.Service.Streams[0]);
            await _host.PassAsync(TimeSpan.FromMinutes(10));
        }

        Lateness = LatenessSince(began);
    }

    public async ValueTask DisposeAsync()
    {
        Gate.Clear();
        _host.Scene = null;
        await _host.RemoveAsync(_tenant);
        await _host.RemoveAsync(CalmTenant);
        await _service.DisposeAsync();
        await _calm.DisposeAsync();
    }

    private string CalmTenant => $"{_tenant}-calm";

    private Platform PlatformOf(string tenant, TroubledService service, string connection)
        => new(_host.Client) { Tenant = tenant, Streams = service.Service.Streams, Connection = connection };

    private IEnumerable<SyncRun> Of(string connection)
    {
        _runs.AddRange(_host.TakeEnded());
        return _runs.Where(run => run.Connection.Value == connection);
    }

    private void Choose()
    {
        for (var left = _random.Next(10, 31); left > 0; left--)
        {
            var (many, seed) = (_random.Next(1, 7), _random.Next());
            _steps.Add(_random.Next(14) switch
            {
                <= 3 => ($"{many * 2} changes", () => ChangeAsync(many * 2, new Random(seed))),
                <= 6 => ("runs", RunAllAsync),
                <= 8 => ($"{many * 7} minutes", () => _host.PassAsync(TimeSpan.FromMinutes(many * 7))),
                <= 11 => ChooseTroubles(many, new Random(seed)),
                12 => ChooseWebhooks(many),
                _ => ChooseRestart(many),
            });
        }
    }

    private (string, Func<Task>) ChooseTroubles(int many, Random random)
    {
        var troubles = Enumerable.Range(0, many).Select(_ => Trouble.Choose(random)).ToList();
        return ($"next calls meet {string.Join(", ", troubles.Select(static trouble => trouble.Name))}", () => Do(() => Gate.Add(troubles)));
    }

    private (string, Func<Task>) ChooseWebhooks(int many) => many switch
    {
        1 or 2 => ("webhooks are lost", () => Do(() => _service.Tell(null))),
        3 => ("webhooks come twice", () => SetWebhooks(Chaos.None with { DuplicateWebhookEvery = 1 })),
        4 => ("webhooks come out of order, and forged ones between", () => SetWebhooks(Chaos.None with { ReorderWebhooks = true, ForgedWebhookEvery = 2 })),
        _ => ("webhooks come", () => SetWebhooks(Chaos.None)),
    };

    private (string, Func<Task>) ChooseRestart(int many) => many switch
    {
        1 => ("the host is restarted", RestartAsync),
        2 => ("the host is restarted amid a run", async () =>
        {
            await BeginAsync(_service.Service.Streams[0]);
            await RestartAsync();
        }),
        _ => ("an hour", () => _host.PassAsync(TimeSpan.FromHours(1))),
    };

    private Task Do(Action act)
    {
        if (_isTroubled)
        {
            act();
        }

        return Task.CompletedTask;
    }

    private Task SetWebhooks(Chaos chaos) => Do(() =>
    {
        _service.Set(chaos);
        _service.Tell(_hook);
    });

    private async Task RestartAsync()
    {
        if (_isTroubled)
        {
            await _host.RestartAsync();
        }
    }

    private async Task ChangeAsync(int many, Random random)
    {
        for (var i = 0; i < many; i++)
        {
            _service.Service.Change(random);
            await _host.PassAsync(TimeSpan.FromMilliseconds(1));
        }

        // Services list what happened before the moment of asking.
        await _host.PassAsync(TimeSpan.FromSeconds(1));
    }

    private async Task ConnectAsync()
    {
        _connection = await _service.Service.ConnectAsync(Platform, Token);
        _calmConnection = await _calm.Service.ConnectAsync(PlatformOf(CalmTenant, _calm, ""), Token);
        await MapAsync(CalmTenant, _calm, _calmConnection);
        _host.Scene = new Scene(Gate, _service, _connection, _calmConnection, _calm.Service.Streams);
        if (_random.Next(2) == 0)
        {
            // Amid the first walk too.
            var (name, addAsync) = ChooseTroubles(2, _random);
            _taken.Add(name);
            await addAsync();
        }

        await MapAsync(_tenant, _service, _connection);
        var webhook = (await _host.Client.GetAsync($"api/v1/drivers/{_service.Service.Driver}", Token))["webhook"];
        _hook = (string?)webhook?["address"] is { } address ? new Uri(address) : null;
        _service.Tell(_hook);
        await _host.PassAsync(TimeSpan.FromMinutes(1));
    }

    private async Task MapAsync(string tenant, TroubledService service, string connection)
    {
        var platform = PlatformOf(tenant, service, connection);
        foreach (var stream in service.Service.Streams)
        {
            await _host.Client.PutAsync($"{platform.Path}/syncs/{stream}", new JsonObject { ["schedule"] = Hourly, ["enabled"] = true }, Token);
        }

        if (service.Service.Streams.Contains(StreamName.Sales.Value))
        {
            await _host.UntilAsync(() => platform.MapAsync(Token));
        }
    }

    /// <summary>Wants a run of each stream. Where all say that they are complete, the feed has to be.</summary>
    private async Task RunAllAsync()
    {
        if ((await RunEachAsync()).All(static run => (string?)run["outcome"] == "completed"))
        {
            await AssertHeldAsync();
        }
    }

    private async Task<List<JsonNode>> RunEachAsync()
    {
        var runs = new List<JsonNode>();
        foreach (var stream in _service.Service.Streams)
        {
            var run = await BeginAsync(stream);
            await _host.UntilAsync(async () =>
            {
                run = await _host.Client.GetAsync($"api/v1/runs/{(string?)run["id"]}", Token);
                return (string?)run["outcome"] != "running";
            });
            runs.Add(run);
        }

        return runs;
    }

    private async Task<JsonNode> BeginAsync(string stream)
    {
        JsonNode? run = null;
        await _host.UntilAsync(async () =>
        {
            try
            {
                run = await _host.Client.PostAsync($"{Platform.Path}/syncs/{stream}/runs", new JsonObject(), Token);
                return true;
            }
            catch (HostRefusedException e) when (e.Code == "run_in_progress")
            {
                return false;
            }
        });
        return run!;
    }

    /// <summary>Until each stream has had a run that changed nothing.</summary>
    private async Task SettleAsync()
    {
        List<JsonNode> runs = [];
        for (var tries = 0; tries < 8; tries++)
        {
            runs = await RunEachAsync();
            if (runs.TrueForAll(static run => (string?)run["outcome"] == "completed" && (string?)run["summary"] == "Nothing changed."))
            {
                return;
            }

            await _host.PassAsync(TimeSpan.FromMinutes(20));
        }

        Assert.Fail($"With all well again it does not settle: {string.Join('\n', runs)}");
    }

    private async Task AssertHeldAsync() => await _service.Service.AssertHeldByAsync(await Platform.ReadFeedAsync(Token), "After runs that were complete", Token);

    /// <summary>Whatever did not complete says why.</summary>
    private void AssertTold()
        => Assert.All(Runs, static run => Assert.True(run.Outcome == SyncOutcome.Completed || run.Reason is { Length: > 0 }, $"A run ended as {run.Outcome} and does not say why."));

    /// <summary>Each hour since then has had its run of each stream of the calm tenant.</summary>
    private TimeSpan LatenessSince(DateTimeOffset began)
    {
        var late = TimeSpan.Zero;
        var runs = Of(_calmConnection).ToList();
        // Others, such as a closing day's, may be cut off when the host is stopped.
        Assert.All(runs.Where(static run => run.Trigger == RunTrigger.Schedule), static run => Assert.True(run.Outcome == SyncOutcome.Completed, $"A run of the calm tenant ended as {run.Outcome}: {run.Reason}"));
        foreach (var stream in _calm.Service.Streams)
        {
            var hour = new DateTimeOffset(began.Date, TimeSpan.Zero).AddHours(began.Hour + 1);
            for (; hour < _host.Clock.GetUtcNow(); hour += TimeSpan.FromHours(1))
            {
                var run = runs.FirstOrDefault(run => run.Stream.Value == stream && run.StartedAt >= hour && run.StartedAt < hour.AddHours(1));
                Assert.True(run is not null, $"The calm tenant's run of {hour:HH:mm} is missing.");
                late += run.StartedAt - hour;
            }
        }

        return late;
    }
}
