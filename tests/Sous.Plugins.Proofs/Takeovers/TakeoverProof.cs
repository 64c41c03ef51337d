using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>
/// Two real hosts on one real PostgreSQL: one works, the other stands by and takes over, whatever becomes of the first amid its runs. And what
/// becomes of one whose server goes and comes back. SOUS_TAKEOVERS says how often (3), SOUS_SEED repeats the choices.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class TakeoverProof(ITestOutputHelper output) : IAsyncLifetime
{
    // Left alone, Orleans tries for a minute and a half to write down that it goes.
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(30);

    private readonly int _takeovers = Setting.Of("SOUS_TAKEOVERS", 3);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private SharedSquare _square = null!;
    private SharedHosts _hosts = null!;
    private string _connection = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var orders = Math.Max(4_000, 500 * _takeovers).ToString(CultureInfo.InvariantCulture);
        _square = await SharedSquare.StartAsync("--orders", orders, "--days", "60");
        _hosts = await _square.StartHostsAsync(async (hosts, first) =>
        {
            using var platform = new Platform(hosts.ClientOf(first));
            _connection = await platform.ConnectAsync(Token);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await (_hosts?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_square?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task When_the_host_that_works_is_killed_the_one_that_stands_by_goes_on_and_each_record_is_there_once()
    {
        var random = new Random(_seed);
        var times = new List<TimeSpan>();
        var working = await StartAsync();
        for (var takeover = 0; takeover < _takeovers; takeover++)
        {
            var standby = await StandByAsync();
            await _square.SellAsync();
            var work = WorkAsync(working);
            await Task.Delay(random.Next(1_500), Token);

            var since = Stopwatch.GetTimestamp();
            await working.DisposeAsync();
            await standby.ReadyAsync(Token);
            times.Add(Stopwatch.GetElapsedTime(since));
            await work;
            working = standby;
        }

        await AssertHeldAsync(working);
        Assert.Equal(0, await working.StopAsync(Token));
        await working.DisposeAsync();
        output.WriteLine($"{_takeovers} takeovers, SOUS_SEED={_seed}: ready {times.Min().TotalSeconds:F1} to {times.Max().TotalSeconds:F1} s after the kill.");
    }

    [Fact]
    public async Task A_host_that_was_stopped_for_a_while_wakes_to_find_another_at_work_and_commits_nothing_more()
    {
        await using var working = await StartAsync();
        await using var standby = await StandByAsync();
        await _square.SellAsync();
        var work = WorkAsync(working);
        await Task.Delay(500, Token);

        var since = Stopwatch.GetTimestamp();
        await working.SignalAsync("STOP", Token);
        await standby.ReadyAsync(Token);
        output.WriteLine($"Ready {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s after the stop.");
        await _square.SellAsync();
        await AssertHeldAsync(standby);
        using var platform = PlatformOf(standby);
        var before = (await platform.ReadFeedAsync(Token)).Entries;
        await working.SignalAsync("CONT", Token);

        await StandsByAsync(working);
        await work;
        Assert.Contains("not heard from", standby.Output, StringComparison.Ordinal);
        Assert.Equal(before, (await platform.ReadFeedAsync(Token)).Entries);
        await AssertHeldAsync(standby);
        Assert.Equal(0, await working.StopAsync(Token));
    }

    [Fact]
    public async Task A_host_whose_server_goes_amid_its_work_and_comes_back_serves_again_by_itself_and_each_record_is_there_once()
    {
        var random = new Random(_seed);
        var (red, over, green) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        await using var host = await StartAsync();
        using var http = new HttpClient { BaseAddress = host.Address };
        var resident = host.ReadResident();
        for (var round = 0; round < _takeovers; round++)
        {
            await _square.SellAsync();
            var work = WorkAsync(host);
            await Task.Delay(random.Next(1_500), Token);
            var isStopped = round % 2 == 0;

            var since = Stopwatch.GetTimestamp();
            await (isStopped ? _hosts.Server.StopAsync() : _hosts.Server.EndConnectionsAsync(_hosts.Database, Token));
            await host.NotReadyAsync(Token);
            red.Add(Stopwatch.GetElapsedTime(since));
            if (isStopped)
            {
                // What comes meanwhile is sent again later.
                await StandsByAsync(host);
                over.Add(Stopwatch.GetElapsedTime(since));
                using var refused = await http.PostAsync("webhooks/square", null, Token);
                Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
                await _hosts.Server.StartAgainAsync();
            }

            since = Stopwatch.GetTimestamp();
            await host.ReadyAsync(Token);
            green.Add(Stopwatch.GetElapsedTime(since));
            await work;
        }

        await AssertHeldAsync(host);
        Assert.Contains("keeps other hosts from the database", host.Output, StringComparison.Ordinal);
        Assert.True(over.Max() < s_longestStop, $"It stopped for {over.Max()}, in which it could not have served again.");
        output.WriteLine($"{_takeovers} times, SOUS_SEED={_seed}: not ready within {red.Max().TotalSeconds:F1} s, waits for the server within {over.Max().TotalSeconds:F1} s, ready again {green.Min().TotalSeconds:F1} to {green.Max().TotalSeconds:F1} s after the server was back; {resident >> 20} MiB resident before, {host.ReadResident() >> 20} after.");
        Assert.Equal(0, await host.StopAsync(Token));
    }

    [Fact]
    public async Task A_host_that_stands_by_says_so_stops_when_told_to_and_does_not_begin_where_it_could_not_serve()
    {
        await using var working = await StartAsync();
        await using var standby = await StandByAsync();
        using var http = new HttpClient { BaseAddress = standby.Address };
        using var live = await http.GetAsync("health/live", Token);
        using var refused = await http.PostAsync("webhooks/square", null, Token);

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        Assert.Equal("standby", (string?)(await refused.Content.ReadFromJsonAsync<JsonNode>(Token))!["code"]);
        Assert.DoesNotContain((string)_hosts.Configuration["MasterKey"]!, await File.ReadAllTextAsync($"/proc/{standby.Id}/environ", Token), StringComparison.Ordinal);
        await _hosts.HelpAsync(working, standby);
        Assert.Equal([(working.Id, "works"), (standby.Id, "helps")], await _hosts.ListAsync(working));
        Assert.Equal(("1", "0"), (await SharedHosts.ReadMetricAsync(working, "sous_host_works"), await SharedHosts.ReadMetricAsync(standby, "sous_host_works")));
        using var elsewhere = new HttpRequestMessage(HttpMethod.Get, "metrics") { Headers = { Host = "sous.example" } };
        using var untold = await http.SendAsync(elsewhere, Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, untold.StatusCode);
        Assert.Equal(0, await standby.StopAsync(Token));
        Assert.Equal([(working.Id, "works")], await _hosts.ListAsync(working));

        _hosts.Configuration["MasterKey"] = Convert.ToBase64String(new byte[32]);
        await using var other = _hosts.Next();
        Assert.Equal(78, await other.WaitForExitAsync(Token));
        Assert.Contains("was wrapped by master key", other.Output, StringComparison.Ordinal);
    }

    private async Task<HostProcess> StartAsync()
    {
        var host = _hosts.Next();
        await host.ReadyAsync(Token);
        return host;
    }

    /// <summary>A host that says that it stands by.</summary>
    private async Task<HostProcess> StandByAsync()
    {
        var host = _hosts.Next();
        await StandsByAsync(host);
        return host;
    }

    private static Task StandsByAsync(HostProcess host) => host.AnswersAsync(
        static async answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable && (await answer.Content.ReadAsStringAsync(Token)).Contains("standby", StringComparison.Ordinal), Token);

    private Platform PlatformOf(HostProcess host) => new(_hosts.ClientOf(host)) { Connection = _connection };

    /// <summary>What the platform does with the host while that serves.</summary>
    private async Task WorkAsync(HostProcess host)
    {
        try
        {
            using var platform = PlatformOf(host);
            await platform.MapAsync(Token);
            await platform.RunAsync("sales", Token);
            await platform.RunAsync("catalog", Token);
        }
        catch (Exception e) when (e is HttpRequestException or HostRefusedException or IOException)
        {
            // Cut off, or refused by a host that does not know the locations yet.
        }
    }

    private async Task AssertHeldAsync(HostProcess host)
    {
        using var platform = PlatformOf(host);
        await _square.AssertHeldAsync(platform, $"SOUS_SEED={_seed}");
    }
}
