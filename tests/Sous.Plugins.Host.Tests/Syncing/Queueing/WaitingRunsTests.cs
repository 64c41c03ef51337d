using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Queueing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Queueing;

/// <summary>Whose turn it is: invariant 17's priorities, and fair shares for tenants and services.</summary>
public sealed class WaitingRunsTests
{
    private int _made;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_with_thousands_of_runs_makes_another_wait_for_one_turn_and_not_for_all_of_them()
    {
        var waiting = new WaitingRuns(mostOfService: 8, mostBackfills: 256);
        for (var run = 0; run < 5000; run++)
        {
            waiting.Add(Run("big"));
        }

        var small = new[] { Run("small"), Run("small"), Run("small") };
        Array.ForEach(small, waiting.Add);

        var taken = new List<ActiveRun>();
        for (var turn = 0; turn < 7; turn++)
        {
            taken.Add(await TakeAsync(waiting));
            waiting.Leave(taken[^1]);
        }

        Assert.Equal(small, taken.Where(static run => run.Request.Tenant.Value == "small"));
    }

    [Fact]
    public async Task A_place_that_is_gone_takes_no_run_with_it_whichever_of_the_two_was_first()
    {
        var waiting = new WaitingRuns(mostOfService: 2048, mostBackfills: 256);
        for (var round = 0; round < 1000; round++)
        {
            using var gone = new CancellationTokenSource();
            var place = waiting.TakeAsync(gone.Token);
            var run = Run("one");

            await Task.WhenAll(Task.Run(gone.Cancel, Token), Task.Run(() => waiting.Add(run), Token));

            await ((Task)place).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Assert.Same(run, place.IsCanceled ? await TakeAsync(waiting) : await place);
            waiting.Leave(run);
        }
    }

    [Fact]
    public async Task Another_host_brings_its_share_of_places_for_one_service_and_takes_it_along_when_it_goes()
    {
        var waiting = new WaitingRuns(mostOfService: 1, mostBackfills: 256);
        waiting.Add(Run("one"));
        waiting.Add(Run("two"));
        waiting.Add(Run("three"));
        await TakeAsync(waiting);
        var second = waiting.TakeAsync(Token);
        Assert.False(second.IsCompleted);

        waiting.AddHost();
        var taken = await second;
        waiting.RemoveHost();

        waiting.Leave(taken);
        Assert.False(waiting.TakeAsync(Token).IsCompleted);
    }

    [Fact]
    public async Task Of_one_tenant_the_oldest_run_goes_first()
    {
        var waiting = new WaitingRuns(mostOfService: 8, mostBackfills: 256);
        var runs = Enumerable.Range(0, 20).Select(_ => Run("one")).ToList();
        runs.ForEach(waiting.Add);

        foreach (var run in runs)
        {
            Assert.Same(run, await TakeAsync(waiting));
            waiting.Leave(run);
        }
    }

    [Fact]
    public async Task A_tenant_whose_runs_take_long_gets_no_more_places_than_one_whose_runs_are_short()
    {
        var waiting = new WaitingRuns(mostOfService: 4, mostBackfills: 256);
        var (slow, quick) = (0, 0);
        var held = new List<ActiveRun>();
        for (var run = 0; run < 100; run++)
        {
            waiting.Add(Run("slow"));
            waiting.Add(Run("quick"));
        }

        for (var turn = 0; turn < 60; turn++)
        {
            var run = await TakeAsync(waiting);
            if (run.Request.Tenant.Value == "slow")
            {
                slow++;
                held.Add(run);
            }
            else
            {
                quick++;
                waiting.Leave(run);
            }

            if (held.Count == 3)
            {
                waiting.Leave(held[0]);
                held.RemoveAt(0);
            }
        }

        Assert.True(quick > 2 * slow, $"{slow} turns of the slow, {quick} of the quick.");
    }

    [Fact]
    public async Task A_service_whose_runs_never_end_leaves_the_others_their_places()
    {
        var waiting = new WaitingRuns(mostOfService: 6, mostBackfills: 256);
        for (var run = 0; run < 50; run++)
        {
            waiting.Add(Run($"t{run}", driver: "stuck"));
        }

        var places = Enumerable.Range(0, 8).Select(_ => waiting.TakeAsync(Token)).ToList();
        Assert.Equal(6, places.Count(static place => place.IsCompletedSuccessfully));

        var other = Run("t0", driver: "well");
        waiting.Add(other);
        Assert.Same(other, await places[6]);
        Assert.False(places[7].IsCompleted);
    }

    [Fact]
    public async Task A_place_that_a_run_leaves_goes_to_one_that_had_to_wait_for_its_services_share()
    {
        var waiting = new WaitingRuns(mostOfService: 1, mostBackfills: 256);
        var (first, second) = (Run("one"), Run("two"));
        waiting.Add(first);
        waiting.Add(second);
        Assert.Same(first, await TakeAsync(waiting));
        var place = waiting.TakeAsync(Token);
        Assert.False(place.IsCompleted);

        waiting.Leave(first);

        Assert.Same(second, await place);
    }

    [Fact]
    public async Task Services_share_the_places_evenly()
    {
        var waiting = new WaitingRuns(mostOfService: 6, mostBackfills: 256);
        for (var run = 0; run < 50; run++)
        {
            waiting.Add(Run("one", driver: "a"));
            waiting.Add(Run("one", driver: "b"));
        }

        var taken = new List<ActiveRun>();
        for (var place = 0; place < 8; place++)
        {
            taken.Add(await TakeAsync(waiting));
        }

        Assert.Equal(4, taken.Count(static run => run.Request.Driver.Value == "a"));
    }

    [Fact]
    public async Task What_somebody_waits_for_goes_before_the_schedule_and_that_before_history_and_yet_none_waits_for_ever()
    {
        var waiting = new WaitingRuns(mostOfService: 8, mostBackfills: 256);
        var backfill = Run("one", RunTrigger.Request, from: new DateOnly(2026, 1, 1));
        waiting.Add(backfill);
        waiting.Add(Run("one"));
        waiting.Add(Run("one", RunTrigger.Request));

        var order = new List<RunPriority>();
        for (var turn = 0; turn < 8; turn++)
        {
            // However many come that are more urgent.
            waiting.Add(Run("one", RunTrigger.Request));
            var run = await TakeAsync(waiting);
            order.Add(run.Request.Priority);
            waiting.Leave(run);
        }

        Assert.Equal(
            [RunPriority.Live, RunPriority.Live, RunPriority.Live, RunPriority.Incremental, RunPriority.Live, RunPriority.Live, RunPriority.Live, RunPriority.Backfill],
            order);
    }

    [Fact]
    public async Task Runs_of_many_threads_are_each_taken_once_and_never_too_many_of_a_service()
    {
        const int Runs = 20_000;
        const int Most = 3;
        var waiting = new WaitingRuns(Most, mostBackfills: 256);
        var (taken, tooMany) = (0, 0);
        var underWay = new int[4];
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var takers = Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    var run = await waiting.TakeAsync(done.Token);
                    var service = run.Request.Driver.Value[0] - 'a';
                    if (Interlocked.Increment(ref underWay[service]) > Most)
                    {
                        Interlocked.Increment(ref tooMany);
                    }

                    await Task.Yield();
                    Interlocked.Decrement(ref underWay[service]);
                    waiting.Leave(run);
                    if (Interlocked.Increment(ref taken) == Runs)
                    {
                        await done.CancelAsync();
                    }
                }
            },
            Token)).ToList();

        Parallel.For(0, Runs, index => waiting.Add(Run($"t{index % 17}", driver: ((char)('a' + (index % 4))).ToString())));

        await Task.WhenAll(takers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.Equal((Runs, 0), (taken, tooMany));
    }

    [Fact]
    public async Task One_tenants_business_days_of_the_past_take_no_more_places_than_they_may()
    {
        var waiting = new WaitingRuns(mostOfService: 8, mostBackfills: 2);
        for (var run = 0; run < 10; run++)
        {
            waiting.Add(Run("big", RunTrigger.Request, from: new DateOnly(2026, 3, 1)));
        }

        var (first, second, third) = (await TakeAsync(waiting), await TakeAsync(waiting), waiting.TakeAsync(Token));
        Assert.False(third.IsCompleted, "A third place was given away.");

        var small = Run("small", RunTrigger.Request, from: new DateOnly(2026, 3, 1));
        waiting.Add(small);
        Assert.Same(small, await third);
        var fourth = waiting.TakeAsync(Token);
        waiting.Add(Run("big"));
        Assert.Equal(RunTrigger.Schedule, (await fourth).Request.Trigger);
        var fifth = waiting.TakeAsync(Token);
        Assert.False(fifth.IsCompleted, "A fifth place was given away.");
        waiting.Leave(first);
        Assert.Equal("big", (await fifth).Request.Tenant.Value);
        waiting.Leave(second);
    }

    private static Task<ActiveRun> TakeAsync(WaitingRuns waiting) => waiting.TakeAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), Token);

    private ActiveRun Run(string tenant, string trigger = RunTrigger.Schedule, string driver = "shop", DateOnly? from = null)
    {
        var key = new SyncKey(new ConnectionId($"con_{Interlocked.Increment(ref _made)}"), StreamName.Sales);
        return new ActiveRun(new RunRequest(new TenantId(tenant), new DriverId(driver), key, trigger, from, from), DateTimeOffset.UnixEpoch);
    }
}
