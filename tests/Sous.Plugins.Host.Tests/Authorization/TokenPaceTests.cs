using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Tokens;

namespace Sous.Plugins.Host.Tests.Authorization;

public sealed class TokenPaceTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TokenPace _pace;

    public TokenPaceTests() => _pace = new TokenPace(_clock) { RequestsPerMinute = 60 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _pace.Dispose();

    [Fact]
    public void Scheduled_turns_come_one_by_one_in_their_order_as_far_apart_as_the_service_wants()
    {
        var turns = Scheduled(4);

        Assert.Equal([true, false, false, false], turns.Select(turn => turn.IsCompleted));
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(turns[1].IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([true, true, false, false], turns.Select(turn => turn.IsCompleted));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, true, false], turns.Select(turn => turn.IsCompleted));
    }

    [Fact]
    public async Task Whoever_waits_for_an_answer_goes_before_those_that_wait_longer_and_they_come_the_later_for_it()
    {
        var scheduled = Scheduled(3);
        var live = _pace.WaitAsync(Urgency.Live, Token);

        Assert.True(live.IsCompleted);
        (await live).Dispose();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(scheduled[1].IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(scheduled[1].IsCompleted);
    }

    [Fact]
    public void However_many_wait_for_an_answer_few_go_ahead_of_the_pace()
    {
        var live = Enumerable.Range(0, 100).Select(_ => _pace.WaitAsync(Urgency.Live, Token)).ToList();
        var atOnce = live.Count(turn => turn.IsCompleted);
        for (var second = 0; second < 60; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(atOnce, 1, 12);
        Assert.Equal(atOnce + 60, live.Count(turn => turn.IsCompleted));
    }

    [Fact]
    public void While_the_service_wants_to_be_left_alone_nobody_has_a_turn_to_the_second()
    {
        _pace.PauseFor(TimeSpan.FromSeconds(90));
        var live = _pace.WaitAsync(Urgency.Live, Token);
        var scheduled = Scheduled(1);

        _clock.Advance(TimeSpan.FromSeconds(90) - TimeSpan.FromMilliseconds(1));
        Assert.Equal((false, false), (live.IsCompleted, scheduled[0].IsCompleted));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(live.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(scheduled[0].IsCompleted);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_asked_by_so_many_at_once_and_no_more_and_live_callers_still_have_a_turn()
    {
        _pace.RequestsPerMinute = 60_000;
        var turns = Scheduled(1_000);
        for (var i = 0; i < 2_000; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        var at = turns.Count(turn => turn.IsCompleted);
        Assert.InRange(at, 10, 100);
        Assert.True(_pace.WaitAsync(Urgency.Live, Token).IsCompleted);
        (await turns[0]).Dispose();
        _clock.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(at + 1, turns.Count(turn => turn.IsCompleted));
    }

    [Fact]
    public async Task Who_stops_waiting_costs_no_turn()
    {
        using var stop = new CancellationTokenSource();
        _ = Scheduled(1);
        var gone = _pace.WaitAsync(Urgency.Scheduled, stop.Token);
        var stays = _pace.WaitAsync(Urgency.Scheduled, Token);
        await stop.CancelAsync();

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(gone.IsCanceled);
        Assert.True(stays.IsCompletedSuccessfully);
    }

    private List<Task<IDisposable>> Scheduled(int count) => [.. Enumerable.Range(0, count).Select(_ => _pace.WaitAsync(Urgency.Scheduled, Token))];
}
