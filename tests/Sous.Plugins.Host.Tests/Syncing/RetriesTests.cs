using FsCheck;
using FsCheck.Xunit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Each kind of failure has its own waits; none is before a service's own time, and many that failed together do not come back together.</summary>
public sealed class RetriesTests
{
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(FailureKind.Transient, 30, 60, 1800)]
    [InlineData(FailureKind.RateLimited, 60, 120, 900)]
    [InlineData(FailureKind.Defect, 1800, 3600, 21600)]
    public void A_kind_of_failure_has_its_first_wait_its_second_and_its_longest(FailureKind kind, int first, int second, int longest)
    {
        var ladder = Retries.LadderOf(RunEnd.After(new DriverException(kind, "It went wrong.")).Trouble!.Value);

        Assert.Equal(
            [TimeSpan.FromSeconds(first), TimeSpan.FromSeconds(second), TimeSpan.FromSeconds(longest)],
            [ladder.After(0, 1.0), ladder.After(1, 1.0), ladder.After(int.MaxValue, 1.0)]);
    }

    [Property(MaxTest = 1000)]
    public bool A_wait_grows_with_each_failure_stays_within_its_longest_and_leaves_a_quarter_to_chance(NonNegativeInt kind, NonNegativeInt earlier, int seed)
    {
        var trouble = Enum.GetValues<Trouble>()[kind.Get % Enum.GetValues<Trouble>().Length];
        var ladder = Retries.LadderOf(trouble);
        var wait = Retries.WaitAfter(new RunEnd(SyncOutcome.RetryLater, "It went wrong.", trouble), earlier.Get, new Jitter(0.5, s_most), new Random(seed).NextDouble());

        return wait >= ladder.After(earlier.Get, 0.0) && wait <= ladder.After(earlier.Get, 1.0) && wait <= ladder.Longest && wait >= 0.75 * ladder.First
            && ladder.After(earlier.Get, 1.0) <= ladder.After(earlier.Get + 1, 1.0);
    }

    [Property(MaxTest = 1000)]
    public bool Nothing_is_tried_before_the_time_that_the_service_asked_for_nor_long_after(PositiveInt seconds, NonNegativeInt earlier, int seed)
    {
        var (random, asked) = (new Random(seed), TimeSpan.FromSeconds(seconds.Get));
        var jitter = Jitter.Of(new SyncKey(new ConnectionId($"con_{random.Next()}"), StreamName.Sales), s_most);

        var wait = Retries.WaitAfter(new RunEnd(SyncOutcome.RetryLater, "Not now.", Trouble.RateLimited, asked), earlier.Get, jitter, random.NextDouble());

        return wait >= asked && wait <= asked + s_most && wait <= 1.25 * asked;
    }

    [Theory]
    [InlineData(null)]
    [InlineData(600)]
    public void A_thousand_that_failed_together_come_back_spread_out(int? asked)
    {
        var random = new Random(20261127);
        var end = new RunEnd(SyncOutcome.RetryLater, "Down.", Trouble.ServiceDown, asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

        var waits = Enumerable.Range(0, 1000)
            .Select(i => Retries.WaitAfter(end, 5, Jitter.Of(new SyncKey(new ConnectionId($"con_{i}"), StreamName.Sales), s_most), random.NextDouble()))
            .Order()
            .ToList();

        // Over two minutes and more; in no second of it come more than three times as many as evenly spread.
        Assert.True(waits[^1] - waits[0] > TimeSpan.FromSeconds(110));
        Assert.All(waits.GroupBy(static wait => (long)wait.TotalSeconds), static second => Assert.InRange(second.Count(), 1, 27));
    }

    [Fact]
    public void A_run_that_moved_on_goes_on_at_once()
        => Assert.Equal(TimeSpan.Zero, Retries.WaitAfter(new RunEnd(SyncOutcome.RetryLater, "Not done yet.", Trouble.Waiting, TimeSpan.Zero), 3, new Jitter(0.9, s_most), 0.9));
}
