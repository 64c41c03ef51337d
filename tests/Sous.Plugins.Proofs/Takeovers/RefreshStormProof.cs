using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>
/// Three real hosts on one real PostgreSQL, before a service whose refresh tokens are good once. Amid runs on all three and live calls it ends every access token, so that
/// all calls are refused at once; after every second time the host that works is killed amid runs. SOUS_EXPIRIES says how often the tokens end (3).
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RefreshStormProof(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Tenant = "t1";
    private const int Connections = 3;
    private const int LiveCallersEach = 4;

    private readonly int _expiries = Setting.Of("SOUS_EXPIRIES", 3);
    private readonly List<(string Account, string Connection)> _connections = [];
    private RotatingFolder _folder = null!;
    private SharedHosts _hosts = null!;
    private HostProcess _working = null!;
    private List<HostProcess> _helpers = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TokenLog Tokens => _folder.Service.Tokens;

    public async ValueTask InitializeAsync()
    {
        SharedHosts.SkipWhereMissing();
        _folder = await RotatingFolder.MakeAsync(Token);
        _hosts = await SharedHosts.StartAsync(_folder.Address, _folder.MakeConfiguration(), ConnectAsync, _folder.Arguments);

        // The host that works has but one place, so that the others are needed.
        _hosts.Configuration["Syncing:MaxConcurrentRuns"] = "1";
        _hosts.Configuration["LogLevel"] = "Warning";
    }

    public async ValueTask DisposeAsync()
    {
        await (_hosts?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_folder?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task When_tokens_end_amid_calls_of_all_hosts_each_connection_asks_for_another_once_and_a_takeover_asks_for_none()
    {
        _working = _hosts.Next();
        await _working.ReadyAsync(Token);
        _helpers = [_hosts.Next(), _hosts.Next()];
        var (refused, helped, times) = (0, 0L, new List<TimeSpan>());
        for (var expiry = 0; expiry < _expiries; expiry++)
        {
            await _hosts.HelpAsync(_working, _helpers);
            refused += await EndTokensAsync($"Expiry {expiry}");
            helped += await SharedHosts.ReadRunsAsync(_helpers[0]) + await SharedHosts.ReadRunsAsync(_helpers[1]);
            if (expiry % 2 == 1)
            {
                times.Add(await TakeOverAsync());
            }
        }

        foreach (var (_, connection) in _connections)
        {
            using var platform = PlatformOf(connection);
            await CallAsync(platform, Task.CompletedTask);
            Assert.Equal("ok", (string?)(await platform.ViewAsync(Token))["status"]);
        }

        Assert.True(helped > 0, "No run was carried out by a host that helps.");
        Assert.Equal(0, Tokens.Reuses);
        output.WriteLine(
            $"{Connections} connections, {_expiries} expiries: {refused} calls were refused, {Tokens.Refreshes.Count()} token requests, none sent again; {helped} runs carried out by hosts that help; "
            + $"ready {string.Join(", ", times.Select(static time => time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)))} s after the one that works was killed.");
        foreach (var host in (HostProcess[])[.. _helpers, _working])
        {
            Assert.Equal(0, await host.StopAsync(Token));
        }
    }

    private Platform PlatformOf(string connection) => new(_hosts.ClientOf(_working)) { Tenant = Tenant, Connection = connection, Streams = ["catalog"] };

    private async Task ConnectAsync(SharedHosts hosts, HostProcess first)
    {
        using var client = hosts.ClientOf(first);
        await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = Tenant }, Token);
        for (var i = 0; i < Connections; i++)
        {
            var account = _folder.Service.Account = string.Create(CultureInfo.InvariantCulture, $"account-{i}");
            var made = await RotatingFolder.ConsentAsync(client, $"api/v1/tenants/{Tenant}", "connect-sessions", new JsonObject { ["driver"] = RotatingFolder.Driver }, Token);
            using var platform = new Platform(hosts.ClientOf(first)) { Tenant = Tenant, Connection = (string)made["id"]!, Streams = ["catalog"] };
            await platform.RestAsync(Token);
            _connections.Add((account, platform.Connection));
        }
    }

    /// <summary>All tokens end amid runs and live calls of each connection, which come through all the same.</summary>
    /// <returns>How many calls met a token that had ended.</returns>
    private async Task<int> EndTokensAsync(string context)
    {
        var before = Tokens.Refreshes.Count();
        var refused = _folder.Service.Refused;
        var (wanted, amid) = (Connections * (1 + LiveCallersEach) * 3, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _folder.Service.OddApi = _ =>
        {
            if (Interlocked.Decrement(ref wanted) == 0)
            {
                amid.SetResult();
            }

            return Task.FromResult(false);
        };
        var work = Task.WhenAll(_connections.Select(async of =>
        {
            using var platform = PlatformOf(of.Connection);
            var run = platform.RunAsync("catalog", Token);
            await Task.WhenAll(Enumerable.Range(0, LiveCallersEach).Select(_ => CallAsync(platform, run)));
            Assert.Equal("completed", (string?)(await run)["outcome"]);
        }));
        await Task.WhenAny(amid.Task, work);
        await _folder.Service.EndAccessTokensAsync(Token);
        await work;

        _folder.Service.OddApi = null;
        var asked = Tokens.Refreshes.Skip(before).GroupBy(static call => call.Account ?? "nobody").ToDictionary(static calls => calls.Key, static calls => calls.Count());
        Assert.True(asked.Count == Connections && asked.Values.All(static count => count == 1), $"{context}: token requests: {string.Join(", ", asked)}.");
        return _folder.Service.Refused - refused;
    }

    /// <summary>Live calls, one after another, until the run is over; each must come through.</summary>
    private static async Task CallAsync(Platform platform, Task run)
    {
        do
        {
            var probe = await platform.Client.PostAsync($"{platform.Path}/probe", null, Token);
            Assert.True((bool)probe["ok"]!, probe.ToJsonString());
        }
        while (!run.IsCompleted);
    }

    /// <summary>The host that works is killed amid runs; another one goes on, with the tokens that there are.</summary>
    private async Task<TimeSpan> TakeOverAsync()
    {
        var before = Tokens.Refreshes.Count();
        foreach (var (_, connection) in _connections)
        {
            using var platform = PlatformOf(connection);
            await platform.Client.PostAsync($"{platform.Path}/syncs/catalog/runs", new JsonObject(), Token);
        }

        var since = Stopwatch.GetTimestamp();
        await _working.KillAsync();
        _working = await SharedHosts.WorksAsync(_helpers);
        var took = Stopwatch.GetElapsedTime(since);
        _helpers.Remove(_working);
        _helpers.Add(_hosts.Next());
        await Task.WhenAll(_connections.Select(async of =>
        {
            using var platform = PlatformOf(of.Connection);
            Assert.Equal("completed", (string?)(await platform.RunAsync("catalog", Token))["outcome"]);
        }));
        Assert.Equal(before, Tokens.Refreshes.Count());
        return took;
    }
}
