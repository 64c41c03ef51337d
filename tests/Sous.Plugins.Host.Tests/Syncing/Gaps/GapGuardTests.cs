using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Gaps;

/// <summary>Invariant 13: a window that is empty where its neighbours are busy is suspect, once, and settles by itself.</summary>
public sealed class GapGuardTests
{
    private static readonly DateOnly s_empty = new(2026, 3, 5);

    private readonly Shop _shop = new();

    public GapGuardTests()
    {
        _shop.Open("A");
        for (var day = new DateOnly(2026, 2, 14); day < new DateOnly(2026, 3, 14); day = day.AddDays(1))
        {
            for (var sale = 0; sale < 10; sale++)
            {
                var (sold, id) = (day, $"{day:MMdd}-{sale}");
                _shop.Sell("A", id, made => made with { BusinessDate = sold });
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int Asked => _shop.Requests.Count(static request => request.Bounded);

    [Fact]
    public async Task A_day_that_was_left_out_is_told_once_and_found_when_the_service_is_asked_again()
    {
        _shop.LeavesOut = static (request, sale) => !request.Bounded && sale.BusinessDate == s_empty;
        await using var host = await SyncingHost.OpenAsync(_shop);

        var (run, _) = await host.RunAsync();
        var (next, _) = await host.RunAsync();

        Assert.Equal((SyncOutcome.Suspect, 270L), (run.Outcome, run.Inserted));
        Assert.StartsWith("Shop A: The service tells of no sale at all on 2026-03-05,", run.Reason, StringComparison.Ordinal);
        Assert.Equal((SyncOutcome.Completed, ConnectionStatus.Ok, 0), (next.Outcome, (await host.ConnectionAsync()).Status, Asked));
        host.Clock.Advance(TimeSpan.FromHours(4));
        var (again, _) = await host.RunAsync();
        Assert.Equal((SyncOutcome.Completed, 10L), (again.Outcome, again.Inserted));
        Assert.Equal(new DateTimeOffset(2026, 3, 5, 0, 0, 0, TimeSpan.Zero), _shop.Requests.First(static request => request.Bounded).Range.From);
        var asked = Asked;
        host.Clock.Advance(TimeSpan.FromHours(24));
        await host.RunAsync();
        Assert.Equal(asked, Asked);
    }

    [Fact]
    public async Task A_day_that_was_left_out_is_told_by_the_next_run_where_the_one_that_found_it_was_cut_off()
    {
        _shop.LeavesOut = static (_, sale) => sale.BusinessDate == s_empty;
        _shop.Open("B");
        _shop.Sell("B", "b");
        await using var host = await SyncingHost.OpenAsync(_shop);
        var active = host.Active();
        _shop.BeforePage = (location, _, _) =>
        {
            if (location == "B")
            {
                active.Cancel();
            }

            return ValueTask.CompletedTask;
        };
        var (cut, _) = await host.RunAsync(active: active);
        _shop.BeforePage = static (_, _, _) => ValueTask.CompletedTask;

        var (told, _) = await host.RunAsync();
        var (next, _) = await host.RunAsync();

        Assert.Equal((SyncOutcome.Canceled, SyncOutcome.Suspect, SyncOutcome.Completed), (cut.Outcome, told.Outcome, next.Outcome));
        Assert.Contains("no sale at all on 2026-03-05,", told.Reason, StringComparison.Ordinal);
        Assert.Equal(told.Id, Assert.Single(await host.Store.Gaps.ListAsync(SyncingHost.Id, StreamName.Sales, Token)).Run);
    }

    [Fact]
    public async Task A_day_that_stays_empty_on_another_day_counts_as_closed_and_is_asked_about_no_more()
    {
        _shop.LeavesOut = static (_, sale) => sale.BusinessDate == s_empty;
        await using var host = await SyncingHost.OpenAsync(_shop);
        var (run, _) = await host.RunAsync();
        host.Clock.Advance(TimeSpan.FromHours(4));
        await host.RunAsync();
        var sameDay = Asked;
        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.RunAsync();
        Assert.Equal((SyncOutcome.Suspect, true, sameDay), (run.Outcome, sameDay > 0, Asked));

        host.Clock.Advance(TimeSpan.FromHours(10.5));
        var (night, _) = await host.RunAsync();

        var asked = Asked;
        Assert.Equal((SyncOutcome.Completed, true), (night.Outcome, asked > sameDay));
        Assert.Empty(await host.Store.Gaps.ListAsync(SyncingHost.Id, StreamName.Sales, Token));
        host.Clock.Advance(TimeSpan.FromDays(2));
        await host.RunAsync();
        Assert.Equal(asked, Asked);
    }

    [Fact]
    public async Task A_day_that_an_operator_takes_as_closed_is_not_asked_about()
    {
        _shop.LeavesOut = static (_, sale) => sale.BusinessDate == s_empty;
        await using var host = await SyncingHost.OpenAsync(_shop);
        var (run, _) = await host.RunAsync();

        await host.Store.Gaps.DecideAsync(run.Id, approve: true, Token);

        host.Clock.Advance(TimeSpan.FromDays(1));
        await host.RunAsync();
        Assert.Equal(0, Asked);
        Assert.EndsWith("The days count as closed.", (await host.Store.FindRunAsync(run.Id, Token))!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_that_an_operator_calls_wrong_is_asked_about_by_the_next_run_and_then_asks_anew()
    {
        _shop.LeavesOut = static (_, sale) => sale.BusinessDate == s_empty;
        await using var host = await SyncingHost.OpenAsync(_shop);
        var (run, _) = await host.RunAsync();

        await host.Store.Gaps.DecideAsync(run.Id, approve: false, Token);

        Assert.True(Assert.Single(await host.Store.Gaps.ListAsync(SyncingHost.Id, StreamName.Sales, Token)).IsRejected);
        await host.RunAsync();
        Assert.True(Asked > 0);
        Assert.False(Assert.Single(await host.Store.Gaps.ListAsync(SyncingHost.Id, StreamName.Sales, Token)).IsRejected);
    }

    [Fact]
    public async Task Of_a_location_that_has_closed_nothing_is_expected()
    {
        _shop.LeavesOut = static (_, sale) => sale.BusinessDate == s_empty;
        _shop.Locations.RemoveAll(static location => location.Ref.Id == "A");
        _shop.Open("A", active: false);
        await using var host = await SyncingHost.OpenAsync(_shop);

        Assert.Equal((SyncOutcome.Completed, 270L), ((await host.RunAsync()).Run.Outcome, (await host.FedSalesAsync()).Count));
    }

    [Fact]
    public async Task A_holiday_that_goes_on_is_told_of_once()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        Assert.Equal(SyncOutcome.Completed, (await host.RunAsync()).Run.Outcome);
        var outcomes = new List<SyncOutcome>();

        for (var day = 0; day < 5; day++)
        {
            host.Clock.Advance(TimeSpan.FromDays(1));
            outcomes.Add((await host.RunAsync()).Run.Outcome);
        }

        Assert.Equal([SyncOutcome.Suspect, SyncOutcome.Completed, SyncOutcome.Completed, SyncOutcome.Completed, SyncOutcome.Completed], outcomes);
    }
}
