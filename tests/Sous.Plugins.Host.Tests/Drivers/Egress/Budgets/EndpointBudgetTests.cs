using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Drivers.Egress.Budgets;

/// <summary>Services that limit some of their endpoints by themselves.</summary>
public sealed class EndpointBudgetTests : IDisposable
{
    private const string Bulk = "/orders/v2/ordersBulk";
    private const string Menus = "/menus/v2/menus";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero));
    private readonly CallBudget _budget;

    public EndpointBudgetTests() => _budget = new CallBudget("Fixture", _clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RateLimitScope.Registration)]
    [InlineData(RateLimitScope.Connection)]
    public async Task Whatever_is_called_in_between_in_no_stretch_are_there_more_calls_than_each_limit_that_they_fall_under(RateLimitScope of)
    {
        _budget.Limit([Limit(of, 20, 1), Limit(of, 5, 1, Bulk), Limit(of, 12, 1, "/orders")]);
        var random = new Random(7);
        string?[] paths = [Bulk, Bulk, "/orders/v2/payments", "/config", null];
        var calls = new List<(string? Path, Task Turn, DateTimeOffset At)>();
        var waiting = new List<(string? Path, Task Turn)>();
        for (var step = 0; step < 4000; step++)
        {
            for (var i = waiting.Count; i < 8; i++)
            {
                var path = paths[random.Next(paths.Length)];
                waiting.Add((path, WaitAsync("con_1", (CallPriority)random.Next(3), path)));
            }

            await SettleAsync(waiting.Select(static one => one.Turn));
            calls.AddRange(waiting.Where(static one => one.Turn.IsCompletedSuccessfully).Select(one => (one.Path, one.Turn, _clock.GetUtcNow())));
            waiting.RemoveAll(static one => one.Turn.IsCompleted);
            _clock.Advance(TimeSpan.FromMilliseconds(5));
        }

        AssertKept(calls, 20, static _ => true);
        AssertKept(calls, 12, static path => path?.StartsWith("/orders/", StringComparison.Ordinal) == true);
        AssertKept(calls, 5, static path => path == Bulk);

        static void AssertKept(List<(string? Path, Task Turn, DateTimeOffset At)> calls, int most, Func<string?, bool> falls)
        {
            var times = calls.Where(call => falls(call.Path)).Select(static call => call.At).ToList();
            Assert.True(times.Count > most * 3, $"{times.Count} calls of {most} a second");
            for (var i = 0; i + most < times.Count; i++)
            {
                Assert.True(times[i + most] - times[i] >= TimeSpan.FromMilliseconds(990), $"{most + 1} calls from {times[i]:O} to {times[i + most]:O}");
            }
        }
    }

    [Theory]
    [InlineData(RateLimitScope.Registration)]
    [InlineData(RateLimitScope.Connection)]
    public async Task Who_waits_for_an_endpoints_pace_holds_up_no_call_to_another_though_that_came_later_and_matters_less(RateLimitScope of)
    {
        _budget.Limit([Limit(of, 1, 10, Bulk)]);
        await WaitAsync("con_1", CallPriority.Live, Bulk);

        var held = WaitAsync("con_1", CallPriority.Live, Bulk);
        var others = ((string?[])["/orders/v2/payments", Bulk + "Export", "/orders", null]).Select(path => WaitAsync("con_1", CallPriority.Backfill, path)).ToList();
        var elsewhere = WaitAsync("con_2", CallPriority.Backfill, Bulk);
        var below = WaitAsync("con_1", CallPriority.Live, Bulk + "/page/2");

        Assert.All(others, static other => Assert.True(other.IsCompletedSuccessfully));
        Assert.Equal((of == RateLimitScope.Connection, false, false), (elsewhere.IsCompletedSuccessfully, held.IsCompleted, below.IsCompleted));
        _clock.Advance(TimeSpan.FromSeconds(10));
        await held.WaitAsync(Token);
        Assert.False(below.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await below.WaitAsync(Token);
    }

    [Fact]
    public async Task Who_was_found_shut_out_until_later_is_looked_at_again_as_soon_as_another_of_its_endpoints_opens()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 1, 30, Bulk), Limit(RateLimitScope.Connection, 1, 2, Menus)]);
        await WaitAsync("con_1", CallPriority.Live, Bulk);
        await WaitAsync("con_1", CallPriority.Live, Menus);
        var late = WaitAsync("con_1", CallPriority.Live, Bulk);
        var soon = WaitAsync("con_1", CallPriority.Live, Menus);

        _clock.Advance(TimeSpan.FromSeconds(2));
        await soon.WaitAsync(Token);

        Assert.False(late.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(28));
        await late.WaitAsync(Token);
        Assert.Equal(0, _budget.View().Waiting);
    }

    [Fact]
    public async Task At_an_endpoint_of_the_registration_connections_take_turns_and_what_matters_more_goes_first()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 1, Bulk)]);
        await WaitAsync("con_0", CallPriority.Live, Bulk);
        var calls = new List<(string Name, Task Turn)>();
        void Ask(string name, CallPriority priority) => calls.Add((name, WaitAsync($"con_{name}", priority, Bulk)));
        for (var i = 0; i < 10; i++)
        {
            Ask("busy", CallPriority.Incremental);
        }

        Ask("small", CallPriority.Incremental);
        Ask("third", CallPriority.Incremental);
        Ask("small", CallPriority.Incremental);
        Ask("third", CallPriority.Incremental);
        Ask("live", CallPriority.Live);
        var order = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await SettleAsync(calls.Select(static call => call.Turn));
            order.Add(Assert.Single(calls, static call => call.Turn.IsCompleted).Name);
            calls.RemoveAll(static call => call.Turn.IsCompleted);
        }

        Assert.Equal(["live", "busy", "small", "third", "busy", "small", "third"], order);
    }

    [Fact]
    public async Task What_a_connection_calls_goes_in_the_order_it_came_to_whichever_endpoint_unless_that_is_shut()
    {
        _budget.Limit([Limit(RateLimitScope.Registration, 1, 1), Limit(RateLimitScope.Connection, 1, 3, Bulk)]);
        await WaitAsync("con_1", CallPriority.Live, Bulk);
        var calls = new List<(string Name, Task Turn)>();
        foreach (var (name, path) in (ReadOnlySpan<(string, string?)>)[("bulk", Bulk), ("menus", Menus), ("bulk too", Bulk), ("none", null), ("menus too", Menus), ("last", "/x")])
        {
            calls.Add((name, WaitAsync("con_1", CallPriority.Incremental, path)));
        }

        var order = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await SettleAsync(calls.Select(static call => call.Turn));
            order.AddRange(calls.Where(static call => call.Turn.IsCompleted).Select(static call => call.Name));
            calls.RemoveAll(static call => call.Turn.IsCompleted);
        }

        Assert.Equal(["menus", "none", "bulk", "menus too", "last", "bulk too"], order);
    }

    [Theory]
    [InlineData(RateLimitScope.Registration, true)]
    [InlineData(RateLimitScope.Connection, false)]
    public async Task Seventeenth_invariant_a_wait_of_an_endpoint_closes_it_alone_until_that_second_for_whom_the_service_limits_there(RateLimitScope limited, bool holdsUpOthers)
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 1000, 1), Limit(limited, 1000, 1, Bulk), Limit(RateLimitScope.Connection, 1000, 1, Menus)]);
        var closed = _budget.Heed(Lane("con_1", CallPriority.Live, Bulk), new ServiceWord(true, TimeSpan.FromSeconds(7), OfEndpoint: true));

        var own = WaitAsync("con_1", CallPriority.Live, Bulk);
        var others = WaitAsync("con_2", CallPriority.Live, Bulk);
        var elsewhere = WaitAsync("con_1", CallPriority.Backfill, Menus);
        _clock.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromMilliseconds(1));

        var view = _budget.View();
        Assert.True(elsewhere.IsCompletedSuccessfully);
        Assert.Equal((false, !holdsUpOthers), (own.IsCompleted, others.IsCompletedSuccessfully));
        Assert.Equal((null, 0), (view.ClosedUntil, view.ClosedConnections));
        Assert.Equal([new BudgetEndpointView(Bulk, holdsUpOthers ? _clock.GetUtcNow().AddMilliseconds(1) : null, holdsUpOthers ? 0 : 1)], view.ClosedEndpoints);
        Assert.Equal(((ConnectionId?)(holdsUpOthers ? null : new ConnectionId("con_1")), Bulk), (closed!.Value.Connection, closed.Value.Path));
        Assert.Equal((_clock.GetUtcNow().AddMilliseconds(1), $"Fixture asked to wait with {Bulk} until 2026-11-26 12:00:07 UTC."), _budget.FindWait(new ConnectionId("con_1")));
        Assert.Equal(holdsUpOthers, _budget.FindWait(new ConnectionId("con_2")) is not null);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await own.WaitAsync(Token);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        await others.WaitAsync(Token);
        Assert.Empty(_budget.View().ClosedEndpoints);
    }

    [Fact]
    public async Task A_wait_that_is_not_of_an_endpoint_or_of_one_without_limits_closes_all_calls()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 5, 1, Bulk)]);
        _budget.Heed(Lane("con_1", CallPriority.Live, Bulk), new ServiceWord(true, TimeSpan.FromSeconds(5)));
        _budget.Heed(Lane("con_2", CallPriority.Live, Menus), new ServiceWord(true, TimeSpan.FromSeconds(5), OfEndpoint: true));

        var calls = ((string[])["con_1", "con_2"]).SelectMany(connection => ((string[])[Bulk, Menus, "/x"]).Select(path => WaitAsync(connection, CallPriority.Live, path))).ToList();
        _clock.Advance(TimeSpan.FromSeconds(4.999));

        Assert.Equal((6, 2), (_budget.View().Waiting, _budget.View().ClosedConnections));
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        await Task.WhenAll(calls).WaitAsync(Token);
    }

    [Fact]
    public async Task A_long_wait_of_an_endpoint_is_told_at_once_to_who_calls_it_and_to_nobody_else()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 5, 1, Bulk)]);
        _budget.Heed(Lane("con_1", CallPriority.Live, Bulk), new ServiceWord(true, TimeSpan.FromHours(2), OfEndpoint: true));

        var refusal = await Assert.ThrowsAsync<DriverException>(() => WaitAsync("con_1", CallPriority.Live, Bulk));
        await WaitAsync("con_1", CallPriority.Backfill, Menus);

        Assert.Equal((FailureKind.RateLimited, TimeSpan.FromHours(2)), (refusal.Kind, refusal.RetryAfter));
        Assert.Equal($"Fixture asked to wait with {Bulk} until 2026-11-26 14:00:00 UTC.", refusal.Message);
    }

    [Fact]
    public void What_the_driver_tells_of_an_endpoint_that_was_refused_closes_no_more_than_that()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 5, 1, Bulk)]);
        var connection = new ConnectionId("con_1");
        _budget.Heed(Lane("con_1", CallPriority.Live, Bulk), new ServiceWord(true, TimeSpan.FromSeconds(90), OfEndpoint: true));
        _clock.Advance(TimeSpan.FromSeconds(1));

        _budget.Heed(connection, TimeSpan.FromSeconds(90));
        _budget.Heed(connection, wait: null);

        Assert.Equal((0, new BudgetEndpointView(Bulk, null, 1)), (_budget.View().ClosedConnections, Assert.Single(_budget.View().ClosedEndpoints)));
        Assert.Equal(TimeSpan.FromSeconds(90), _budget.FindWait(connection)!.Value.Until - _clock.GetUtcNow());
        // Once it is open again, what the driver tells is of something else.
        _clock.Advance(TimeSpan.FromSeconds(90));
        _budget.Heed(connection, TimeSpan.FromSeconds(10));
        Assert.Equal((1, 0), (_budget.View().ClosedConnections, _budget.View().ClosedEndpoints.Count));
    }

    [Fact]
    public async Task What_is_left_of_an_endpoint_is_spread_over_its_own_calls()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 1000, 1, Bulk)]);
        _budget.Heed(Lane("con_1", CallPriority.Live, Bulk), new ServiceWord(false, null, Limit: 5, Remaining: 0, Reset: TimeSpan.FromSeconds(3), OfEndpoint: true));

        var held = WaitAsync("con_1", CallPriority.Live, Bulk);
        await WaitAsync("con_1", CallPriority.Live, Menus);
        _clock.Advance(TimeSpan.FromSeconds(2.999));

        Assert.False(held.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.001));
        await held.WaitAsync(Token);
    }

    [Fact]
    public void Refusals_of_an_endpoint_without_a_wait_close_it_for_longer_until_it_takes_a_call()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 5, 1, Bulk)]);
        var lane = Lane("con_1", CallPriority.Live, Bulk);
        var waits = new List<double>();
        void Refuse()
        {
            _budget.Heed(lane, new ServiceWord(true, null, OfEndpoint: true));
            waits.Add((_budget.FindWait(lane.Connection)!.Value.Until - _clock.GetUtcNow()).TotalSeconds);
            _clock.Advance(TimeSpan.FromSeconds(waits[^1]));
        }

        Refuse();
        Refuse();
        _budget.Heed(Lane("con_1", CallPriority.Live, Menus), default);
        Refuse();
        _budget.Heed(lane, default);
        Refuse();

        Assert.Equal([1, 2, 4, 1], waits);
    }

    [Fact]
    public async Task Limits_that_change_find_those_who_wait_and_a_wait_outlives_the_limit_of_its_path()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 1, 30, Bulk), Limit(RateLimitScope.Connection, 1, 30, Menus)]);
        await WaitAsync("con_1", CallPriority.Live, Bulk);
        await WaitAsync("con_1", CallPriority.Live, Menus);
        var (bulk, menus) = (WaitAsync("con_1", CallPriority.Live, Bulk), WaitAsync("con_1", CallPriority.Live, Menus));
        _budget.Heed(Lane("con_1", CallPriority.Live, Bulk), new ServiceWord(true, TimeSpan.FromSeconds(20), OfEndpoint: true));

        _budget.Limit([Limit(RateLimitScope.Connection, 100, 1, "/orders")]);

        await menus.WaitAsync(Token);
        var within = WaitAsync("con_1", CallPriority.Live, "/orders/v2/payments");
        _clock.Advance(TimeSpan.FromSeconds(19.9));
        Assert.Equal((false, false), (bulk.IsCompleted, within.IsCompleted));
        _budget.Limit([]);
        var anything = WaitAsync("con_1", CallPriority.Live, Menus);
        Assert.Equal((3, 1), (_budget.View().Waiting, _budget.View().ClosedConnections));
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        await Task.WhenAll(bulk, within, anything).WaitAsync(Token);
    }

    [Fact]
    public async Task The_view_shows_each_limit_with_its_path_and_a_turn_not_used_is_given_back_to_each()
    {
        _budget.Limit([Limit(RateLimitScope.Connection, 20, 1), Limit(RateLimitScope.Registration, 40, 60, Bulk), Limit(RateLimitScope.Connection, 5, 1, Bulk), Limit(RateLimitScope.Registration, 90, 60)]);
        await WaitAsync("con_1", CallPriority.Live, Bulk);
        await WaitAsync("con_1", CallPriority.Live, Menus);
        await WaitAsync("con_2", CallPriority.Live, Bulk);
        _budget.Return(Lane("con_2", CallPriority.Live, Bulk));

        Assert.Equal(
            [
                new BudgetLimitView(RateLimitScope.Registration, 90, 60, 2), new BudgetLimitView(RateLimitScope.Registration, 40, 60, 1, Bulk),
                new BudgetLimitView(RateLimitScope.Connection, 20, 1, null), new BudgetLimitView(RateLimitScope.Connection, 5, 1, null, Bulk),
            ],
            _budget.View().Limits);
    }

    public void Dispose() => _budget.Dispose();

    private static RateLimit Limit(RateLimitScope of, int requests, int seconds, string? path = null) => new() { Of = of, Requests = requests, Seconds = seconds, Path = path };

    private static CallLane Lane(string connection, CallPriority priority, string? path) => new(new ConnectionId(connection), priority, path);

    // A turn is told on a thread of the pool: the calls are looked at when it has come.
    private async Task SettleAsync(IEnumerable<Task> calls)
    {
        while (calls.Count(static call => !call.IsCompleted) > _budget.View().Waiting)
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    // A turn that never comes, since the clock is fake, fails its test.
    private Task WaitAsync(string connection, CallPriority priority, string? path) => _budget.WaitAsync(Lane(connection, priority, path), Token).WaitAsync(TimeSpan.FromMinutes(1), Token);
}
