using System.Globalization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>Runs, closings and listings that two hosts on one database work at together.</summary>
public sealed class SharedDaysTests : IAsyncLifetime
{
    private static readonly ClosingKey s_key = new(StoreUnderTest.Connection, Sales.Location, Sales.Day);
    private static readonly Scope s_listed = StoreUnderTest.Scope with { Location = null };

    private PostgresUnderTest? _database;
    private StoresUnderTest _one = null!;
    private StoresUnderTest _other = null!;
    private SyncRun _run = StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresUnderTest.CreateAsync();
        (_one, _other) = (await _database.OpenAsync(), await _database.OpenAsync());
        _run = await _one.Changes.BeginRunAsync(_run, Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _one.Changes.DisposeAsync();
            await _other.Changes.DisposeAsync();
            await _database.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_run_whose_beginning_is_sent_again_since_nobody_answered_is_one_run()
    {
        var again = await _one.Changes.BeginRunAsync(_run, Token);

        Assert.Equal(_run, again);
        Assert.Equal(again, Assert.Single(await _other.Changes.ListOpenRunsAsync(Token)));
        Assert.Equal(1, (await CommitAsync(_one, again, Make("s1", Sales.Day))).Inserted);
    }

    [Fact]
    public async Task A_day_that_both_change_at_once_has_every_change_counted()
    {
        await OpenAsync(_one, Sales.Day);
        await OpenAsync(_other, Sales.Day.AddDays(1));
        var second = await _other.Changes.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection, StreamName.Files), Token);

        await Task.WhenAll(
            ForAsync(20, page => CommitAsync(_one, _run, [.. Enumerable.Range(0, 10).Select(sale => Make($"{page}-{sale}", Sales.Day.AddDays(sale % 2)))])),
            ForAsync(20, page => CommitAsync(_other, second, [.. Enumerable.Range(0, 10).Select(sale => Make($"{page}-{sale}", Sales.Day.AddDays(1 - (sale % 2))))])));

        Assert.Equal([200L, 200L], (await _one.Closings.ListOpenAsync(StoreUnderTest.Connection, Token)).Select(static closing => closing.Changes));
    }

    [Fact]
    public async Task A_sale_that_one_commits_while_the_other_opens_its_day_is_in_the_days_figures_or_counted()
    {
        for (var i = 0; i < 60; i++)
        {
            var day = Sales.Day.AddDays(i);
            var commit = CommitAsync(_one, _run, Make($"{i}", day));
            await OpenAsync(_other, day);
            var figures = await _other.Gaps.CountAsync(StoreUnderTest.Scope, day, day, Token);
            await commit;

            var closing = Assert.Single(await _other.Closings.ListAsync(StoreUnderTest.Tenant, day, day, Token));
            Assert.InRange(figures[0] + closing.Changes, 1, 2);
        }
    }

    [Fact]
    public async Task What_both_have_to_tell_is_told_once_and_none_is_passed_over()
    {
        const int Days = 8;
        await ForAsync(Days, day => OpenAsync(_one, Sales.Day.AddDays(day)));
        var told = new List<(long No, PlatformEvent Told)>();
        var keeping = Task.WhenAll(Enumerable.Range(0, Days).Select(day => ForAsync(40, _ => KeepAsync(day % 2 == 0 ? _one : _other, Sales.Day.AddDays(day)))));

        for (var last = false; !last;)
        {
            last = keeping.IsCompleted;
            if (await _one.Closings.ReadNewsAsync(100, Token) is { Count: > 0 } news)
            {
                told.AddRange(news);
                await _one.Closings.ForgetNewsAsync(news[^1].No, Token);
                last = false;
            }
        }

        await keeping;
        Assert.Equal(Enumerable.Range(1, Days * 40).Select(static no => (long)no), told.Select(static one => one.No));
    }

    [Fact]
    public async Task A_page_that_the_other_commits_while_one_deletes_what_a_listing_left_out_spares_what_it_names()
    {
        await ListAsync(Enumerable.Range(0, 1_000));
        await ListAsync([0]);
        var work = new ListingWork(StoreUnderTest.Tenant, s_listed, _run.Id, _run.Fence);
        var listing = (await _one.Listings.ListAsync(s_listed, Token))[^1].No;
        var deleted = new List<int>();

        await _one.Listings.DeleteMissingAsync(
            work,
            listing,
            Sales.Noon,
            more =>
            {
                deleted.Add(more);
                // By their bytes it is the last of all.
                ListAsync([999], Listing.None).Wait(Token);
            },
            Token);

        Assert.Equal([500, 498], deleted);
        Assert.Equal(2, (await _one.Gaps.CountAsync(StoreUnderTest.Scope, Sales.Day, Sales.Day, Token))[0]);
    }

    [Fact]
    public async Task Pages_of_one_listing_that_both_commit_at_once_are_one_listing()
    {
        await Task.WhenAll(
            ForAsync(10, page => ListAsync([page * 2], Listing.Part, _one)),
            ForAsync(10, page => ListAsync([(page * 2) + 1], Listing.Part, _other)));
        await ListAsync([20]);

        var listing = Assert.Single(await _one.Listings.ListAsync(s_listed, Token));
        Assert.Equal((ListingState.Complete, new Missing(0, 21, 0)), (listing.State, await _one.Listings.CompareAsync(s_listed, listing.No, Token)));
    }

    [Fact]
    public async Task What_a_run_holds_is_decided_once_though_two_operators_decide_at_once()
    {
        await ListAsync([0, 1]);
        await ListAsync([0]);
        var listing = (await _one.Listings.ListAsync(s_listed, Token))[^1];
        await _one.Listings.HoldAsync(new ListingWork(StoreUnderTest.Tenant, s_listed, _run.Id, _run.Fence), listing.No, new Missing(1, 2, 1), Token);

        var decided = await Task.WhenAll(_one.Listings.DecideAsync(_run.Id, approve: true, Token), _other.Listings.DecideAsync(_run.Id, approve: false, Token));

        Assert.Equal(1, decided.Sum());
        var (state, reason) = decided[0] == 1 ? (ListingState.Approved, "It was approved.") : (ListingState.Kept, "It was rejected.");
        Assert.Equal((state, reason), (Assert.Single(await _one.Listings.ListAsync(s_listed, Token)).State, (await _one.Changes.FindRunAsync(_run.Id, Token))!.Reason));
    }

    private static Sale Make(string id, DateOnly day) => Sales.Make($"s{id}", day: day);

    private static async Task ForAsync(int times, Func<int, Task> act)
    {
        for (var i = 0; i < times; i++)
        {
            await act(i);
        }
    }

    private static Task OpenAsync(StoresUnderTest host, DateOnly day) => host.Closings.OpenAsync(StoreUnderTest.Tenant, [(s_key with { Day = day }, Sales.Noon)], Token);

    private static Task KeepAsync(StoresUnderTest host, DateOnly day) => host.Closings.KeepAsync(
        new Closing(s_key with { Day = day }, ClosingStep.TieOut, Sales.Noon, 0, 0, ClosingState.Open),
        [new PlatformEvent { Type = "day.tied", Tenant = StoreUnderTest.Tenant, At = Sales.Noon, Connection = StoreUnderTest.Connection, Day = day }],
        Token);

    private static Task<CommitResult> CommitAsync(StoresUnderTest host, SyncRun run, params Sale[] sales) => CommitAsync(host, run, sales, static page => page);

    private static async Task<CommitResult> CommitAsync(StoresUnderTest host, SyncRun run, Sale[] sales, Func<PageCommit, PageCommit> with)
    {
        using var page = Pages.Encode(StoreUnderTest.Tenant, StoreUnderTest.Connection, [.. sales.Select(static sale => Change.Upsert(sale.Ref.Id, sale))]);
        return await host.Changes.CommitAsync(with(StoreUnderTest.PageOf(run, page, Sales.Noon)), Token);
    }

    private Task<CommitResult> ListAsync(IEnumerable<int> sales, Listing listing = Listing.End, StoresUnderTest? host = null) => CommitAsync(
        host ?? _other,
        _run,
        [.. sales.Select(static sale => Make(sale.ToString(CultureInfo.InvariantCulture), Sales.Day))],
        page => page with { Scope = s_listed, Listing = listing, Marks = IdMark.OfUpserts(page.Changes) });
}
