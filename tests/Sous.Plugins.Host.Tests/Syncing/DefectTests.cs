using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Invariant 23: what a run makes of a driver's defect, for its connection and for the driver.</summary>
public sealed class DefectTests
{
    private readonly Shop _shop = new();

    public DefectTests()
    {
        _shop.Open("A");
        _shop.Sell("A", "A1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DriverBuild Build => _shop.Loaded.Build;

    [Fact]
    public async Task A_run_that_met_a_defect_counts_one_with_its_connection_and_stack_and_without_its_words()
    {
        _shop.Open("B");
        _shop.Sell("B", "B1");
        await using var host = await SyncingHost.OpenAsync(_shop);
        Break();

        await host.RunAsync();

        var defect = Assert.Single(host.Defects.ListOf(Build));
        Assert.Equal((SyncingHost.Id, "sales", SyncingHost.Start), (defect.Connection, defect.Where, defect.At));
        Assert.Contains("InvalidOperationException", defect.Reason, StringComparison.Ordinal);
        Assert.Contains("FetchSalesAsync", defect.Trace, StringComparison.Ordinal);
        Assert.DoesNotContain("guest@example.test", defect.Reason + defect.Trace, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FailureKind.Transient, 0)]
    [InlineData(FailureKind.RateLimited, 0)]
    [InlineData(FailureKind.Unauthorized, 0)]
    [InlineData(FailureKind.Misconfigured, 0)]
    [InlineData(FailureKind.Defect, 1)]
    public async Task What_others_are_to_blame_for_is_no_defect(FailureKind kind, int counted)
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = (_, _, _) => throw new DriverException(kind, "It went wrong.");

        await host.RunAsync();

        Assert.Equal(counted, host.Defects.ListOf(Build).Count);
    }

    [Fact]
    public async Task What_the_host_could_not_read_of_its_own_amid_a_call_is_no_defect_and_is_tried_again()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = (_, _, _) => throw new StorageException("The database cannot be reached.");

        var (run, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.RetryLater, "The database cannot be reached.", Trouble.Storage), (run.Outcome, run.Reason, end.Trouble));
        Assert.Empty(host.Defects.ListOf(Build));
    }

    [Fact]
    public async Task A_quarantined_driver_is_not_asked_the_run_says_who_must_act_and_nothing_is_stored_with_the_connection()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        host.Defects.Restore(new Quarantine(Build, SyncingHost.Start, "It failed.", []));

        var (run, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.NeedsAttention, Actor.Operator), (run.Outcome, end.Actor));
        Assert.Contains("The driver shop is quarantined", run.Reason, StringComparison.Ordinal);
        Assert.Empty(_shop.Requests);
        Assert.Equal(ConnectionStatus.Ok, (await host.ConnectionAsync()).Status);

        host.Defects.Release(Build);
        Assert.Equal(SyncOutcome.Completed, (await host.RunAsync()).Run.Outcome);
    }

    [Fact]
    public async Task The_schedule_leaves_out_more_and_more_after_each_defect_and_a_run_that_goes_well_takes_it_up_again()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var sync = await host.Syncs.FindAsync(await host.ConnectionAsync(), StreamName.Sales, Token);
        await host.Syncs.SaveAsync(sync! with { Schedule = "*/5 * * * *" }, null, AuditEntry.Make(SyncingHost.Start, "test", "sync.changed"), Token);
        Break();
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await host.NextEndedAsync(StreamName.Sales);

        var waits = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            waits.Add(Wait(host).TotalMinutes);
            host.Clock.Advance(Wait(host));
            Assert.Equal(SyncOutcome.NeedsAttention, (await host.NextEndedAsync(StreamName.Sales)).Outcome);
        }

        _shop.BeforePage = static (_, _, _) => default;
        host.Clock.Advance(Wait(host));
        Assert.Equal(SyncOutcome.Completed, (await host.NextEndedAsync(StreamName.Sales)).Outcome);

        // Half an hour, an hour, two hours, each less a quarter at most, and then up to the schedule's next instant.
        Assert.InRange(waits[0], 22, 35);
        Assert.InRange(waits[1], 45, 65);
        Assert.InRange(waits[2], 90, 125);
        Assert.Equal(TimeSpan.FromMinutes(5), Wait(host));
        Assert.Null(host.Defects.Find(Build));
    }

    private static TimeSpan Wait(SyncingHost host) => host.Scheduler.NextOf(SyncingHost.SalesKey)!.Value - host.Clock.GetUtcNow();

    private void Break() => _shop.BeforePage = static (location, _, _) => location == "catalog" ? default : throw new InvalidOperationException("guest@example.test");
}
