using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Helping;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Helping;

/// <summary>What the host that works does with one that helps; real ones are in the proofs of takeovers.</summary>
public sealed class HelperTests
{
    private static readonly RunRequest s_wanted = new(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Request);

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _orders;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_that_a_host_declines_is_carried_out_here()
    {
        await using var host = await OpenAsync(MakeHelper(static _ => Task.FromResult<RunEnd?>(null)));

        var (run, _) = await RunAsync(host);

        Assert.Equal(SyncOutcome.Completed, run.Outcome);
        Assert.Equal(1, run.Inserted);
    }

    [Fact]
    public async Task What_a_host_says_of_a_run_is_how_it_ended()
    {
        await using var host = await OpenAsync(MakeHelper(static _ => Task.FromResult<RunEnd?>(new RunEnd(SyncOutcome.RetryLater, "Square does not answer.", Trouble.ServiceDown))));

        var (run, _) = await RunAsync(host);

        Assert.Equal((SyncOutcome.RetryLater, "Square does not answer.", 0), (run.Outcome, run.Reason, run.Inserted));
        Assert.Equal((SyncOutcome.RetryLater, "Square does not answer."), ((await host.Store.FindRunAsync(run.Id, Token))!.Outcome, run.Reason));
    }

    [Fact]
    public async Task A_run_that_is_canceled_is_canceled_there_too()
    {
        await using var host = await OpenAsync(MakeHelper(UntilToldAsync));
        var active = await OrderAsync(host);

        active.Cancel();

        Assert.Equal(SyncOutcome.Canceled, (await active.Ended.WaitAsync(Token)).Outcome);
    }

    [Fact]
    public async Task While_keys_are_changed_no_other_host_carries_out_a_run_and_afterwards_they_go_on()
    {
        var helper = MakeHelper(UntilToldAsync);
        await using var host = await OpenAsync(helper);
        var active = await OrderAsync(host);

        RunEnd? meanwhile = RunEnd.Completed;
        await host.Helpers.DoAloneAsync(
            async () =>
            {
                Assert.Equal(0, helper.Runs);
                meanwhile = await helper.CarryOutAsync(active, await host.ConnectionAsync(), Token);
            },
            Token);

        var ended = await active.Ended.WaitAsync(Token);
        Assert.Equal((SyncOutcome.RetryLater, true), (ended.Outcome, active.End!.GoesOn));
        Assert.Null(meanwhile);
        using var stop = new CancellationTokenSource();
        using var again = new ActiveRun(s_wanted, host.Clock.GetUtcNow());
        var carried = helper.CarryOutAsync(again, await host.ConnectionAsync(), stop.Token);
        Assert.Equal(1, helper.Runs);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => carried);
    }

    /// <summary>A host with one place of its own, and those of the helper.</summary>
    private static async Task<SyncingHost> OpenAsync(Helper helper)
    {
        var shop = new Shop();
        shop.Open("A");
        var host = await SyncingHost.OpenAsync(shop, static options => options.MaxConcurrentRuns = 1);
        await host.Helpers.AddAsync(helper, Token);
        await host.Queue.StartAsync(Token);
        await host.Queue.Recovered.WaitAsync(Token);
        return host;
    }

    private async Task<(SyncRun Run, RunEnd? End)> RunAsync(SyncingHost host)
    {
        // The places are taken in turn: of two runs one goes to the helper.
        while (true)
        {
            host.Shop.Sell("A", RandomText.Id("A"));
            var (_, active) = await host.Queue.AddAsync(s_wanted, Token);
            var run = await active.Ended.WaitAsync(Token);
            if (_orders > 0)
            {
                return (run, active.End);
            }
        }
    }

    /// <summary>A run that the helper carries out.</summary>
    private async Task<ActiveRun> OrderAsync(SyncingHost host)
    {
        while (true)
        {
            var (_, active) = await host.Queue.AddAsync(s_wanted, Token);
            if (await Task.WhenAny(_asked.Task, active.Ended) == _asked.Task)
            {
                return active;
            }
        }
    }

    private Helper MakeHelper(Func<CancellationToken, Task<RunEnd?>> carryOut) => new(
        "other/1",
        1,
        (_, _, stop) =>
        {
            Interlocked.Increment(ref _orders);
            _asked.TrySetResult();
            return carryOut(stop);
        },
        CancellationToken.None);

    private static async Task<RunEnd?> UntilToldAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop);
        return null;
    }
}
