using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Tests.Syncing;

public sealed class RunQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_that_could_not_be_stored_ends_for_whoever_waits_for_it_and_another_may_follow()
    {
        await using var host = await SyncingHost.OpenAsync(new Shop());
        var request = new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Request);
        using var leaves = new CancellationTokenSource();
        // The queue was not started yet, so that it waits.
        var first = host.Queue.AddAsync(request, leaves.Token);
        var (added, run) = await host.Queue.AddAsync(request, Token);

        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Assert.False(added);
        Assert.True(run.Ended.IsCompleted);
        Assert.Equal(SyncOutcome.Canceled, (await run.Ended).Outcome);
        Assert.Equal(SyncOutcome.Canceled, run.End?.Outcome);
        await host.Queue.StartAsync(Token);
        Assert.True((await host.Queue.AddAsync(request, Token)).Added);
    }
}
