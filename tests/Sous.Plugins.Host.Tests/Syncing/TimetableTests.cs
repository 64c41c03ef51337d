using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Tests.Syncing;

public sealed class TimetableTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _clock = new(Start);
    private readonly List<(string Key, DateTimeOffset Due)> _fired = [];
    private readonly Timetable<string> _table;

    public TimetableTests() => _table = new Timetable<string>(_clock, (key, due) => _fired.Add((key, due)));

    public void Dispose() => _table.Dispose();

    [Fact]
    public void Keys_fire_in_the_order_in_which_they_are_due_and_once()
    {
        _table.Set("late", Start.AddSeconds(3));
        _table.Set("early", Start.AddSeconds(1));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([("early", Start.AddSeconds(1))], _fired);

        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["early", "late"], _fired.Select(static fired => fired.Key));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_key_that_was_moved_fires_at_its_new_time_alone()
    {
        _table.Set("moved", Start.AddSeconds(1));
        _table.Set("moved", Start.AddSeconds(9));

        _clock.Advance(TimeSpan.FromSeconds(8));
        Assert.Empty(_fired);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([("moved", Start.AddSeconds(9))], _fired);
    }

    [Fact]
    public void A_key_that_was_removed_does_not_fire()
    {
        _table.Set("gone", Start.AddSeconds(1));

        Assert.True(_table.Remove("gone"));
        Assert.False(_table.Remove("gone"));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(_fired);
    }

    [Fact]
    public void What_is_due_already_fires_at_once()
    {
        _table.Set("overdue", Start.AddHours(-1));
        _clock.Advance(TimeSpan.Zero);

        Assert.Equal([("overdue", Start.AddHours(-1))], _fired);
    }

    [Fact]
    public void A_callback_may_set_keys()
    {
        var rounds = 0;
        Timetable<string>? table = null;
        using var again = table = new Timetable<string>(_clock, (key, due) =>
        {
            rounds++;
            table?.Set(key, due.AddSeconds(10));
        });
        again.Set("every ten seconds", Start.AddSeconds(10));

        for (var second = 0; second < 60; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(6, rounds);
    }

    [Fact]
    public void A_wall_clock_that_jumps_ahead_is_noticed_within_half_a_minute()
    {
        var clock = new JumpingClock(Start);
        var fired = new List<string>();
        using var table = new Timetable<string>(clock, (key, _) => fired.Add(key));
        table.Set("in an hour", Start.AddHours(1));

        clock.Jump(TimeSpan.FromHours(2));
        clock.Count(TimeSpan.FromSeconds(30));

        Assert.Equal(["in an hour"], fired);
    }

    [Fact]
    public void A_wall_clock_that_jumps_back_makes_nothing_fire_early()
    {
        var clock = new JumpingClock(Start);
        var fired = new List<string>();
        using var table = new Timetable<string>(clock, (key, _) => fired.Add(key));
        table.Set("in a minute", Start.AddMinutes(1));

        clock.Jump(TimeSpan.FromHours(-1));
        clock.Count(TimeSpan.FromMinutes(1));
        Assert.Empty(fired);

        clock.Count(TimeSpan.FromHours(1));
        Assert.Equal(["in a minute"], fired);
    }

    [Fact]
    public void A_hundred_thousand_keys_each_fire_once_however_often_they_were_moved()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var key = 0; key < 100_000; key++)
            {
                _table.Set($"key {key}", Start.AddSeconds(1 + ((key * 7919L) + round) % 3600));
            }
        }

        Assert.Equal(100_000, _table.Count);
        for (var minute = 0; minute < 61; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(100_000, _fired.Select(static fired => fired.Key).Distinct().Count());
        Assert.Equal(100_000, _fired.Count);
        Assert.Equal(_fired.Select(static fired => fired.Due).Order(), _fired.Select(static fired => fired.Due));
    }

    /// <summary>A wall clock that can be set, over timers that count on regardless, as on a real machine.</summary>
    private sealed class JumpingClock(DateTimeOffset start) : TimeProvider
    {
        private readonly FakeTimeProvider _steady = new(start);
        private TimeSpan _offset;

        public void Jump(TimeSpan by) => _offset += by;

        public void Count(TimeSpan time)
        {
            for (var counted = TimeSpan.Zero; counted < time; counted += TimeSpan.FromSeconds(1))
            {
                _steady.Advance(TimeSpan.FromSeconds(1));
            }
        }

        public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + _offset;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => _steady.CreateTimer(callback, state, dueTime, period);
    }
}
