using System.Diagnostics;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Kills.Together;

/// <summary>
/// Kill -9 after each call by which a run changes its files: a start, a sync, webhooks, deliveries, refreshes and the end; told apart by
/// strace. SOUS_DISK_CALLS says after how many of them, evenly spread (3; 0: all), SOUS_DISK_FIRST from which on.
/// </summary>
public sealed class DiskCallKillProof(ITestOutputHelper output)
{
    /// <summary>After so many all is checked; after each that the host starts, that its connections are well, and what it showed before.</summary>
    private const int EachCheck = 25;

    private readonly int _calls = Setting.Of("SOUS_DISK_CALLS", 3);
    private readonly int _first = Setting.Of("SOUS_DISK_FIRST", 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kill_after_any_change_of_its_files_breaks_none_of_the_invariants()
    {
        Assert.SkipUnless(DiskCalls.IsAvailable(), "There is no strace; on Debian: apt-get install strace.");
        var watch = Stopwatch.StartNew();
        await using var busy = await BusyHost.StartAsync(TimeSpan.FromMinutes(10), accounts: 2, orders: 60, Token);
        var invariants = new Invariants(busy, "after a call");
        // The first walks through a history; how many calls those after it make is told by the second.
        await RunAsync(busy, invariants, int.MaxValue);
        var (all, _) = await RunAsync(busy, invariants, int.MaxValue);
        var step = _calls == 0 ? 1 : Math.Max(1, (all - _first) / _calls);
        var kills = 0;
        for (var nth = _first; ; nth += step)
        {
            var (count, last) = await RunAsync(busy, invariants, nth);
            if (count < nth)
            {
                break;
            }

            kills++;
            TestContext.Current.SendDiagnosticMessage($"{nth}: {last}");
            if (kills % EachCheck == 0)
            {
                await invariants.AssertAsync(mayReuse: true);
            }
            else
            {
                await invariants.GlanceAsync();
            }
        }

        var told = await invariants.AssertAsync(mayReuse: true);
        output.WriteLine($"{kills} kills after calls {_first} to {_first + (kills * step) - step} of {all}, {watch.Elapsed:mm\\:ss}; {told}.");
        Assert.True(kills > Math.Min(_calls, all) / 2, "Few of the calls came: the proof proves little.");
    }

    /// <summary>One whole run, killed right after its nth call.</summary>
    private static async Task<(int Count, string Last)> RunAsync(BusyHost busy, Invariants invariants, int nth)
    {
        using var calls = new DiskCalls(busy.Folder.Data);
        busy.Folder.Under = calls.Program;
        await using var host = busy.Start();
        busy.Folder.Under = [];
        var following = Task.Run(() => calls.FollowAsync(host, nth), Token);
        await WorkAsync(busy, host);
        var followed = await following;
        await invariants.NoteKillAsync(host);
        return followed;
    }

    /// <summary>All of it once, unless the host is killed amid it.</summary>
    private static async Task WorkAsync(BusyHost busy, HostProcess host)
    {
        try
        {
            await host.ReadyAsync(Token);
            using var platform = busy.PlatformOf(host);
            var attempts = busy.Receiver.Requests.Count;
            busy.Square.Change(new Random(attempts));
            await platform.Client.PostAsync($"api/v1/tenants/demo/subscriptions/{busy.Subscription}/enable", null, Token);
            foreach (var stream in platform.Streams)
            {
                await platform.RunAsync(stream, Token);
            }

            await new Platform(platform.Client) { Tenant = "t1", Connection = busy.Fleet.Connections.First() }.RunAsync("catalog", Token);
            while (busy.Receiver.Requests.Count == attempts)
            {
                // Asked, so that a host that was killed meanwhile is noticed.
                await platform.ViewAsync(Token);
                await Task.Delay(10, Token);
            }

            await Task.WhenAll(busy.Readers.Select(reader => reader.ReadOnAsync(platform.Client, Token)));
            await host.StopAsync(Token);
        }
        catch (Exception e) when (e is HttpRequestException or HostRefusedException or IOException or InvalidOperationException)
        {
            // Cut off by the kill.
        }
    }
}
