using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Drivers.Egress.Budgets;

public sealed class CallBudgetTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero));
    private readonly CallBudget _budget;

    public CallBudgetTests() => _budget = new CallBudget("Fixture", _clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1), InlineData(20, 1), InlineData(10, 7), InlineData(1000, 60)]
    public void In_no_stretch_of_the_period_are_there_more_calls_than_the_limit(int requests, int seconds)
    {
        _budget.Limit([Limit(RateLimitScope.Registration, requests, seconds)]);
        var random = new Random(requests);
        var (times, asked, start) = (new List<DateTimeOffset>(), 0, _clock.GetUtcNow());
        var (step, period) = (TimeSpan.FromSeconds(seconds) / (requests * 4), TimeSpan.FromSeconds(seconds));
        void Look() => times.AddRange(Enumerable.Repeat(_clock.GetUtcNow(), asked - _budget.View().Waiting - times.Count));

        while (times.Count < requests * 5)
        {
            for (var i = random.Next(4); i > 0 && _budget.View().Waiting < 20; i--)
            {
                _ = WaitAsync($"con_{random.Next(3)}", CallPriority.Incremental);
                asked++;
            }

            Look();
            // Now and then nobody calls for a while, so that a burst is saved up.
            _clock.Advance(_budget.View().Waiting == 0 && random.Next(requests) == 0 ? period : step);
            Look();
        }

        for (var i = 0; i + requests < times.Count; i++)
        {
            Assert.True(times[i + requests] - times[i] >= period - TimeSpan.FromTicks(requests), $"{requests + 1} calls from {times[i]:O} to {times[i + requests]:O}");
        }

        // Nearly all of the limit can be used.
        Assert.InRange(times.Count / ((times[^1] - start + period) / period), requests * 0.4, requests);
    }

    [Fact]
    public async Task Seventeenth_invariant_who_waits_for_an_answer_goes_before_what_changed_and_that_before_the_past()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 1)]);
        await WaitAsync("con_0", CallPriority.Backfill);
        var order = new List<string>();
        foreach (var (name, priority) in (ReadOnlySpan<(string, CallPriority)>)[("past", CallPriority.Backfill), ("changed", CallPriority.Incremental), ("live", CallPriority.Live), ("live too", CallPriority.Live)])
        {
            Note(order, name, WaitAsync("con_1", priority));
        }

        await DrainAsync(order, 4);

        Assert.Equal(["live", "live too", "changed", "past"], order);
    }

    [Fact]
    public async Task The_past_has_a_turn_now_and_then_however_many_live_calls_there_are()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 1)]);
        await WaitAsync("con_0", CallPriority.Live);
        var order = new List<string>();
        Note(order, "past", WaitAsync("con_1", CallPriority.Backfill));
        for (var i = 0; i < 40; i++)
        {
            Note(order, "live", WaitAsync("con_2", CallPriority.Live));
        }

        await DrainAsync(order, 20);

        Assert.Equal(16, order.IndexOf("past"));
    }

    [Fact]
    public async Task Connections_of_a_registration_take_turns_however_many_calls_one_of_them_has()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 1)]);
        await WaitAsync("con_0", CallPriority.Incremental);
        var order = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            Note(order, "busy", WaitAsync("con_busy", CallPriority.Incremental));
        }

        Note(order, "small", WaitAsync("con_small", CallPriority.Incremental));
        Note(order, "small", WaitAsync("con_small", CallPriority.Incremental));

        await DrainAsync(order, 6);

        Assert.Equal(["busy", "small", "busy", "small", "busy", "busy"], order);
    }

    [Fact]
    public async Task A_connection_at_its_own_limit_holds_up_no_other()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 1, 10)]);
        await WaitAsync("con_1", CallPriority.Live);

        var own = WaitAsync("con_1", CallPriority.Live);
        var others = WaitAsync("con_2", CallPriority.Backfill);

        Assert.True(others.IsCompletedSuccessfully);
        Assert.False(own.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await own.WaitAsync(Token);
    }

    [Theory]
    [InlineData(RateLimitScope.Registration, true)]
    [InlineData(RateLimitScope.Connection, false)]
    public async Task Seventeenth_invariant_a_wait_closes_just_what_the_service_limits_until_that_second(RateLimitScope limited, bool holdsUpOthers)
    {
        _budget.Limit([Limit(limited, 1000, 1)]);
        await WaitAsync("con_1", CallPriority.Live);
        _budget.Heed(Lane("con_1"), new ServiceWord(true, TimeSpan.FromSeconds(7)));

        var own = WaitAsync("con_1", CallPriority.Live);
        var others = WaitAsync("con_2", CallPriority.Live);
        _clock.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromMilliseconds(1));

        Assert.Equal(holdsUpOthers ? 2 : 1, _budget.View().Waiting);
        Assert.Equal(holdsUpOthers ? _budget.View().ClosedUntil : null, _budget.FindWait(new ConnectionId("con_2"))?.Until);
        Assert.Equal((_clock.GetUtcNow().AddMilliseconds(1), "Fixture asked to wait until 2026-11-26 12:00:07 UTC."), _budget.FindWait(new ConnectionId("con_1")));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await own.WaitAsync(Token);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await others.WaitAsync(Token);
        Assert.Null(_budget.FindWait(new ConnectionId("con_1")));
    }

    [Fact]
    public async Task After_a_wait_those_who_waited_are_let_go_one_by_one_by_their_priority()
    {
        _budget.Heed(Lane("con_1"), new ServiceWord(true, TimeSpan.FromSeconds(5)));
        var order = new List<string>();
        Note(order, "past", WaitAsync("con_1", CallPriority.Backfill));
        Note(order, "live", WaitAsync("con_1", CallPriority.Live));
        Note(order, "changed", WaitAsync("con_1", CallPriority.Incremental));

        _clock.Advance(TimeSpan.FromSeconds(5));
        await SettleAsync(order, 1);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await SettleAsync(order, 2);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await SettleAsync(order, 3);

        Assert.Equal(["live", "changed", "past"], order);
    }

    [Fact]
    public async Task A_wait_longer_than_a_call_sits_out_is_told_at_once_with_how_long()
    {
        _budget.Heed(Lane("con_1"), new ServiceWord(true, TimeSpan.FromHours(2)));

        var refusal = await Assert.ThrowsAsync<DriverException>(() => WaitAsync("con_1", CallPriority.Live));

        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromHours(2)), (refusal.Kind, refusal.RetryAfter));
        Assert.Contains("14:00:00", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, 51, false), InlineData(51, 12, false), InlineData(12, 51, true), InlineData(51, 12, true)]
    public void Of_two_waits_that_calls_made_at_once_are_told_the_longer_holds(int first, int second, bool isOfAll)
    {
        if (isOfAll)
        {
            _budget.Limit([Limit(RateLimitScope.Registration, 100, 1)]);
        }

        _budget.Heed(Lane("con_1"), new ServiceWord(true, TimeSpan.FromSeconds(first)));
        _budget.Heed(Lane("con_1"), new ServiceWord(true, TimeSpan.FromSeconds(second)));

        Assert.Equal(TimeSpan.FromSeconds(51), _budget.FindWait(new ConnectionId(isOfAll ? "con_2" : "con_1"))!.Value.Until - _clock.GetUtcNow());
    }

    [Fact]
    public void Refusals_without_a_wait_close_for_longer_and_longer_until_one_is_answered()
    {
        var connection = new ConnectionId("con_1");
        var waits = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            // Those under way together count once.
            _budget.Heed(Lane("con_1"), new ServiceWord(true, null));
            _budget.Heed(Lane("con_1"), new ServiceWord(true, null));
            waits.Add((_budget.FindWait(connection)!.Value.Until - _clock.GetUtcNow()).TotalSeconds);
            _clock.Advance(TimeSpan.FromSeconds(waits[^1]));
        }

        _budget.Heed(Lane("con_1"), default);
        _budget.Heed(Lane("con_1"), new ServiceWord(true, null));

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], waits);
        Assert.Equal(TimeSpan.FromSeconds(1), _budget.FindWait(connection)!.Value.Until - _clock.GetUtcNow());
    }

    [Fact]
    public async Task What_is_left_is_spread_over_the_time_that_is_left_before_the_service_refuses()
    {
        _budget.Heed(Lane("con_1"), new ServiceWord(false, null, Limit: 100, Remaining: 90, Reset: TimeSpan.FromSeconds(60)));
        Assert.True(WaitAsync("con_1", CallPriority.Live).IsCompletedSuccessfully);
        _budget.Heed(Lane("con_1"), new ServiceWord(false, null, Limit: 100, Remaining: 10, Reset: TimeSpan.FromSeconds(50)));

        var next = WaitAsync("con_1", CallPriority.Live);
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        var early = _budget.View().Waiting;
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await next.WaitAsync(Token);
        _budget.Heed(Lane("con_1"), new ServiceWord(false, null, Limit: 100, Remaining: 0, Reset: TimeSpan.FromSeconds(45)));
        var last = WaitAsync("con_1", CallPriority.Live);
        _clock.Advance(TimeSpan.FromSeconds(44.9));

        Assert.Equal((1, 1), (early, _budget.View().Waiting));
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await last.WaitAsync(Token);
    }

    [Fact]
    public async Task Who_gives_up_takes_no_turn_with_him_and_a_turn_not_used_is_given_back()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 10)]);
        await WaitAsync("con_1", CallPriority.Live);
        using var patience = new CancellationTokenSource();
        var impatient = _budget.WaitAsync(new CallLane(new ConnectionId("con_1"), CallPriority.Live), patience.Token);
        var patient = WaitAsync("con_1", CallPriority.Live);

        await patience.CancelAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        await patient.WaitAsync(Token);
        var next = WaitAsync("con_1", CallPriority.Live);
        _budget.Return(Lane("con_1"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        await next.WaitAsync(Token);
        Assert.Equal(0, _budget.View().Waiting);
    }

    [Fact]
    public async Task Who_would_wait_for_more_than_a_minute_is_told_to_come_again_later()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 1000)]);
        await WaitAsync("con_1", CallPriority.Live);

        var call = WaitAsync("con_1", CallPriority.Live);
        _clock.Advance(TimeSpan.FromSeconds(61));

        var refusal = await Assert.ThrowsAsync<DriverException>(() => call.WaitAsync(Token));
        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromSeconds(30)), (refusal.Kind, refusal.RetryAfter));
    }

    [Fact]
    public async Task Other_limits_are_taken_up_and_what_the_service_said_stays_said()
    {
        _budget.Heed(Lane("con_1"), new ServiceWord(true, TimeSpan.FromSeconds(20)));
        _budget.Limit([Limit(RateLimitScope.Connection, 5, 1)]);

        var call = WaitAsync("con_1", CallPriority.Live);
        _clock.Advance(TimeSpan.FromSeconds(19.9));

        Assert.Equal(1, _budget.View().Waiting);
        Assert.Equal([new BudgetLimitView(RateLimitScope.Connection, 5, 1, null)], _budget.View().Limits);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        await call.WaitAsync(Token);
    }

    [Fact]
    public async Task Ten_thousand_connections_leave_nothing_behind_once_they_are_idle()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1_000_000, 1), Limit(RateLimitScope.Connection, 20, 1)]);
        for (var i = 0; i < 10_000; i++)
        {
            await WaitAsync($"con_{i}", CallPriority.Incremental);
        }

        var (busy, used) = (_budget.View().Connections, _budget.View().Limits[0].Used);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await WaitAsync("con_new", CallPriority.Incremental);

        Assert.Equal((10_000, 10_000), (busy, used));
        Assert.Equal(1, _budget.View().Connections);
    }

    public void Dispose() => _budget.Dispose();

    private static RateLimit Limit(RateLimitScope of, int requests, int seconds) => new() { Of = of, Requests = requests, Seconds = seconds };

    private static CallLane Lane(string connection) => new(new ConnectionId(connection), CallPriority.Live);

    private static void Note(List<string> order, string name, Task call) => call.ContinueWith(
        _ =>
        {
            lock (order)
            {
                order.Add(name);
            }
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private Task WaitAsync(string connection, CallPriority priority) => _budget.WaitAsync(new CallLane(new ConnectionId(connection), priority), Token);

    private async Task DrainAsync(List<string> order, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await SettleAsync(order, i);
        }
    }

    // A turn is told on a thread of the pool: the order is looked at when it has come.
    private static async Task SettleAsync(List<string> order, int count)
    {
        while (true)
        {
            Token.ThrowIfCancellationRequested();
            lock (order)
            {
                Assert.InRange(order.Count, 0, count);
                if (order.Count == count)
                {
                    return;
                }
            }

            await Task.Yield();
        }
    }
}
