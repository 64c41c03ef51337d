using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>No run is under way for good: neither one whose end the store did not take, nor one that nobody executes.</summary>
public sealed class RunEndsTests
{
    private const string FullForEnds = "CREATE TRIGGER broken BEFORE UPDATE OF ended_at ON runs WHEN NEW.ended_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'no room'); END";

    private readonly Shop _shop = new();

    public RunEndsTests()
    {
        _shop.Open("A");
        _shop.Sell("A", "A1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_end_that_the_store_does_not_take_is_stored_as_it_was_once_it_does_and_the_schedule_goes_on_meanwhile()
    {
        await using var host = await StartedAsync();
        var views = new RunViews(host.Queue, host.Ends, host.Store);
        await host.ExecuteAsync(FullForEnds);
        host.Clock.Advance(TimeSpan.FromHours(17));

        var (run, _) = await host.NextEndedAsync();
        Assert.Equal(SyncOutcome.Completed, run.Outcome);
        Assert.Equal(SyncOutcome.Running, (await host.Store.FindRunAsync(run.Id, Token))!.Outcome);
        Assert.Equal(SyncOutcome.Completed, (await views.ListAsync(SyncingHost.Id, run.Stream, 1, Token))[0].Outcome);
        Assert.NotNull(host.Scheduler.NextOf(new SyncKey(SyncingHost.Id, run.Stream)));

        await host.ExecuteAsync("DROP TRIGGER broken");
        await UntilAsync(host, async () => (await host.Store.ListOpenRunsAsync(Token)).Count == 0, TimeSpan.FromSeconds(5));
        var stored = (await host.Store.FindRunAsync(run.Id, Token))!;
        Assert.Equal((SyncOutcome.Completed, run.EndedAt, run.Pages), (stored.Outcome, stored.EndedAt, stored.Pages));
        Assert.All(await host.Store.ListFetchesAsync(SyncingHost.Id, StreamName.Sales, Token), static fetch => Assert.Null(fetch.Trouble));
    }

    [Fact]
    public async Task A_late_end_does_not_cover_what_a_newer_run_has_left()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var older = await host.Store.BeginRunAsync(host.Active().Run, Token);
        await host.RunAsync();

        await host.Store.EndRunAsync(older with { Outcome = SyncOutcome.RetryLater, EndedAt = host.Clock.GetUtcNow() }, [new ScopeFetch("A", null, Trouble.ServiceDown, "Late.")], Token);

        Assert.All(await host.Store.ListFetchesAsync(SyncingHost.Id, StreamName.Sales, Token), static fetch => Assert.Null(fetch.Trouble));
    }

    [Fact]
    public async Task A_run_that_is_open_and_that_nobody_executes_is_ended_once_it_is_older_than_any_run_becomes()
    {
        await using var host = await StartedAsync();
        var left = await host.Store.BeginRunAsync(host.Active(StreamName.Catalog).Run, Token);
        host.Clock.Advance(TimeSpan.FromMinutes(45));
        Assert.Equal(left.Id, Assert.Single(await host.Store.ListOpenRunsAsync(Token)).Id);

        await UntilAsync(host, async () => (await host.Store.ListOpenRunsAsync(Token)).Count == 0, TimeSpan.FromMinutes(5));

        var ended = (await host.Store.FindRunAsync(left.Id, Token))!;
        Assert.Equal((SyncOutcome.RetryLater, "It was left open, and nobody executes it."), (ended.Outcome, ended.Reason));
        Assert.True(ended.EndedAt - left.StartedAt >= TimeSpan.FromMinutes(75));
    }

    private async Task<SyncingHost> StartedAsync()
    {
        var host = await SyncingHost.OpenAsync(_shop);
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await host.NextEndedAsync();
        await host.NextEndedAsync();
        return host;
    }

    /// <summary>Lets time pass in steps until it is so.</summary>
    private static async Task UntilAsync(SyncingHost host, Func<Task<bool>> isSo, TimeSpan step)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            host.Clock.Advance(step);
        }
    }
}
