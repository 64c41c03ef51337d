using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>
/// Three real hosts on one real PostgreSQL, before connections that are due every few seconds. One that helps is killed, the one that works is killed, the next
/// that works is stopped amid its runs and woken when another has gone on. SOUS_CONNECTIONS says how many connections (30), SOUS_PERIOD every how many seconds each
/// is due (5; a divisor of 60), SOUS_RUNS how many runs there are at least (150), SOUS_ASLEEP how many seconds the stopped one sleeps at least (0), SOUS_SEED repeats the moments.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ScheduleProof(ITestOutputHelper output) : IAsyncLifetime
{
    private const int ConnectionsOfTenant = 10;

    // The goal is 5 s after a kill. A machine that is busy with other tests takes longer, and ten are a stopped host's silence.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(60);

    private readonly int _count = Setting.Of("SOUS_CONNECTIONS", 30);
    private readonly int _runs = Setting.Of("SOUS_RUNS", 150);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private readonly TimeSpan _period = TimeSpan.FromSeconds(Setting.Of("SOUS_PERIOD", 5));
    private readonly TimeSpan _asleep = TimeSpan.FromSeconds(Setting.Of("SOUS_ASLEEP", 0));
    private readonly SortedDictionary<int, string> _connections = [];
    private readonly List<Trouble> _troubles = [];
    private readonly List<LedgerRun> _cutOff = [];
    private readonly List<int> _killed = [];
    private ManyShops _shops = null!;
    private SharedHosts _hosts = null!;
    private RunLedger _ledger = null!;
    private HostProcess _working = null!;
    private List<HostProcess> _helpers = [];
    private int _refused;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _shops = await ManyShops.StartAsync(_period, Token);
        _hosts = await _shops.StartHostsAsync(ConnectAsync);
        var dues = _connections.ToDictionary(static pair => pair.Value, pair => RunLedger.FirstDueOf(pair.Value, SecondOf(pair.Key), _period));
        _ledger = new RunLedger(_hosts.Database, dues, _period);
    }

    public async ValueTask DisposeAsync()
    {
        await (_ledger?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_hosts?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_shops?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task Whichever_host_goes_each_connection_has_its_runs_in_time_no_two_at_once_and_each_version_once()
    {
        var random = new Random(_seed);
        _working = _hosts.Next();
        await _working.ReadyAsync(Token);
        _helpers = [_hosts.Next(), _hosts.Next()];
        await _hosts.HelpAsync(_working, _helpers);
        var from = Now;
        do
        {
            await Task.Delay(random.Next((int)_period.TotalMilliseconds / 5), Token);
            await MissHelperAsync();
            await TakeOverFromKilledAsync();
            await TakeOverFromStoppedAsync();
        }
        while ((await _ledger.ReadAsync()).Count(run => run.StartedAt >= from) < _runs);

        _shops.Close();
        var to = Now;
        Judge(await CalmAsync(), from, to);
        await AssertHeldAsync();
        foreach (var host in (HostProcess[])[.. _helpers, _working])
        {
            Assert.Equal(0, await host.StopAsync(Token));
        }
    }

    private int SecondOf(int account) => account % (int)_period.TotalSeconds;

    private static string TenantOf(int account) => string.Create(CultureInfo.InvariantCulture, $"tenant-{account / ConnectionsOfTenant}");

    private async Task ConnectAsync(SharedHosts hosts, HostProcess first)
    {
        using var client = hosts.ClientOf(first);
        foreach (var tenant in Enumerable.Range(0, _count).Select(TenantOf).Distinct())
        {
            await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = tenant }, Token);
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, _count), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (account, token) =>
        {
            var connections = $"api/v1/tenants/{TenantOf(account)}/connections";
            var made = (string)(await client.PostAsync(connections, new JsonObject { ["driver"] = ManyShops.Driver, ["apiKey"] = ManyShops.KeyOf(account) }, token))["id"]!;
            var schedule = string.Create(CultureInfo.InvariantCulture, $"{SecondOf(account)}/{_period.TotalSeconds} * * * * *");
            await client.PutAsync($"{connections}/{made}/syncs/sales", new JsonObject { ["schedule"] = "0 0 1 1 *", ["enabled"] = false }, token);
            await client.PutAsync($"{connections}/{made}/syncs/catalog", new JsonObject { ["schedule"] = schedule, ["enabled"] = true, ["timeZone"] = "Etc/UTC" }, token);
            lock (_connections)
            {
                _connections[account] = made;
            }
        });
    }

    /// <summary>Waits until each connection has had a run since now.</summary>
    private async Task<IReadOnlyList<LedgerRun>> CalmAsync()
    {
        var since = Now;
        var allRan = await _ledger.AllRanAsync(since, s_longestWait + _period);
        var runs = await _ledger.ReadAsync();
        Assert.True(allRan, $"SOUS_SEED={_seed}: no run since {since:O} of {string.Join(", ", _connections.Values.Except(runs.Where(run => run.StartedAt > since && run.Outcome == "Completed").Select(static run => run.Connection)))}.");
        return runs;
    }

    /// <summary>Some runs are under way, and wait for their answers.</summary>
    private async Task<TaskCompletionSource> HoldAsync()
    {
        var held = _shops.Hold();
        while (_shops.Held < Math.Min(6, _count))
        {
            await Task.Delay(5, Token);
        }

        return held;
    }

    private async Task MissHelperAsync()
    {
        var held = await HoldAsync();
        var since = Now;
        await _helpers[0].KillAsync();
        _killed.Add(_helpers[0].Id);
        held.SetResult();
        while ((await _hosts.ListAsync(_working)).Contains((_helpers[0].Id, "helps")))
        {
            await Task.Delay(20, Token);
        }

        _troubles.Add(new Trouble("one that helps was killed", "missed", since, Now));
        _helpers[0] = _hosts.Next();
        await _hosts.HelpAsync(_working, _helpers);
    }

    private async Task TakeOverFromKilledAsync()
    {
        var since = Now;
        await _working.KillAsync();
        await TakeOverAsync("the one that works was killed", since);
        _helpers.Add(_hosts.Next());
        await _hosts.HelpAsync(_working, _helpers);
    }

    private async Task TakeOverFromStoppedAsync()
    {
        // The answers are in its hand when it wakes.
        var held = await HoldAsync();
        var (stopped, since) = (_working, Now);
        await stopped.SignalAsync("STOP", Token);
        held.SetResult();
        await TakeOverAsync("the one that works was stopped", since);
        var cutOff = (await _ledger.ReadAsync()).Where(run => run.EndedAt >= since && run.Reason == "The host stopped while it ran.").ToList();
        await Task.Delay(since + _asleep > Now ? since + _asleep - Now : TimeSpan.Zero, Token);

        await stopped.SignalAsync("CONT", Token);
        _helpers.Add(stopped);
        await _hosts.HelpAsync(_working, _helpers);
        var refusals = stopped.Output.Split('\n').Where(static line => line.Contains("ended could not be stored", StringComparison.Ordinal)).ToList();
        _refused += cutOff.Count(run => refusals.Exists(line => line.Contains(run.Id, StringComparison.Ordinal)));
        _cutOff.AddRange(cutOff);
    }

    private async Task TakeOverAsync(string what, DateTimeOffset since)
    {
        _working = await SharedHosts.WorksAsync(_helpers);
        _troubles.Add(new Trouble(what, "ready", since, Now));
        _helpers.Remove(_working);
    }

    private void Judge(IReadOnlyList<LedgerRun> runs, DateTimeOffset from, DateTimeOffset to)
    {
        var overlaps = RunLedger.FindOverlaps(runs).ToList();
        var dues = _ledger.ReadDues(runs, from, to).ToList();
        var calm = dues;
        foreach (var trouble in _troubles)
        {
            // What was under way was due before it; the rest came meanwhile.
            var its = calm.ToLookup(due => due.Due > trouble.Since - _period && due.Due < trouble.Over);
            calm = [.. its[false]];
            output.WriteLine($"When {trouble.What}: {trouble.How} after {(trouble.Over - trouble.Since).TotalSeconds:F1} s; {Tell([.. its[true]])}.");
        }

        output.WriteLine($"{_count} connections due every {_period.TotalSeconds:F0} s, SOUS_SEED={_seed}: {runs.Count(run => run.StartedAt >= from)} runs, {overlaps.Count} overlaps, {dues.Count(static due => due.Wait is null)} missing; otherwise {Tell(calm)}.");
        output.WriteLine($"The host that was stopped woke with {_cutOff.Count} runs under way; {_refused} of them it tried to write, and was refused.");
        Assert.Empty(overlaps);
        Assert.All(dues, due => Assert.True(due.Wait <= s_longestWait, $"SOUS_SEED={_seed}: {due.Connection} was due at {due.Due:O} and waited for {due.Wait?.ToString() ?? "ever"}."));
        AssertLostOnce(runs);
        Assert.True(_refused > 0, "No run of the host that was stopped was refused: the proof proves less than it says.");
        var now = runs.ToDictionary(static run => run.Id);
        Assert.All(_cutOff, run => Assert.Equal(run, now[run.Id]));
    }

    /// <summary>Only hosts that were killed lost runs, and none of them one run after another of the same connection: such are put off, as they may be what ended it.</summary>
    private void AssertLostOnce(IReadOnlyList<LedgerRun> runs)
    {
        static bool IsLost(LedgerRun run) => run.Reason?.Contains("which carried it out", StringComparison.Ordinal) == true;
        Assert.All(runs.Where(IsLost), run => Assert.Contains(_killed, id => run.Reason!.Contains($"/{id},", StringComparison.Ordinal)));
        Assert.DoesNotContain(runs.Zip(runs.Skip(1)), static pair => pair.First.Connection == pair.Second.Connection && IsLost(pair.First) && pair.First.Reason == pair.Second.Reason);
    }

    private static string Tell(List<LedgerDue> dues)
        => $"due {dues.Count} times, {dues.Count(static due => due.IsMadeUpFor)} made up for by a later run, the longest wait {(dues.Max(static due => due.Wait) ?? TimeSpan.Zero).TotalSeconds:F1} s";

    /// <summary>Each version that an account's items have had is in its tenant's feed once, in order.</summary>
    private async Task AssertHeldAsync()
    {
        foreach (var tenant in _connections.GroupBy(static pair => TenantOf(pair.Key)))
        {
            using var platform = new Platform(_hosts.ClientOf(_working)) { Tenant = tenant.Key };
            var (check, names) = (new FeedCheck(), new List<(string Connection, string Name)>());
            await foreach (var entry in platform.ReadEntriesAsync(Token))
            {
                check.Take(entry);
                names.Add(((string)entry["connection"]!, (string)entry["record"]!["name"]!));
            }

            Assert.Empty(check.Findings);
            var held = names.ToLookup(static name => name.Connection, static name => name.Name);
            Assert.All(tenant, pair => Assert.Equal(Enumerable.Range(0, _shops.CountOf(pair.Key)).Select(static i => i.ToString(CultureInfo.InvariantCulture)), held[pair.Value]));
        }
    }

    /// <param name="How">What became of it.</param>
    private sealed record Trouble(string What, string How, DateTimeOffset Since, DateTimeOffset Over);
}
