using System.Globalization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>
/// What the feed stands on where several hosts write: whoever reads on while they do falls into no gap. Where a sequence is drawn
/// before the commit's turn, a later one is seen first, and a reader that has passed it never sees the earlier.
/// </summary>
public sealed class CommitOrderTests
{
    private const int Writers = 32;
    private const int Tenants = 3;

    private static readonly int s_pages = int.Parse(Environment.GetEnvironmentVariable("SOUS_ORDERED_PAGES") ?? "12", CultureInfo.InvariantCulture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beside_32_writers_on_two_hosts_no_reader_sees_a_sequence_after_a_later_one_and_none_is_missing()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        var other = await test.Database.OpenAsync();
        await using var second = other.Changes;
        IChangeStore[] hosts = [test.Store, second];
        var sizes = Enumerable.Range(0, Writers).Select(static writer => new Random(writer)).Select(static random => Enumerable.Range(0, s_pages).Select(_ => random.Next(1, 40)).ToArray()).ToArray();
        var totals = Enumerable.Range(0, Tenants).Select(tenant => sizes.Where((_, writer) => writer % Tenants == tenant).Sum(static pages => pages.Sum())).ToArray();

        var readers = Enumerable.Range(0, Tenants).Select(tenant => Task.Run(() => PollAsync(hosts, TenantOf(tenant), totals[tenant]), Token)).ToArray();
        await Task.WhenAll(sizes.Select((pages, writer) => Task.Run(() => WriteAsync(hosts[writer % 2], writer, pages), Token)));
        var seen = await Task.WhenAll(readers);

        Assert.All(seen.Zip(totals), static feed =>
        {
            Assert.Equal(Enumerable.Range(1, feed.Second).Select(static i => (long)i), feed.First.Select(static entry => entry.Sequence));
            Assert.Equal(feed.Second, feed.First.Select(static entry => (entry.Connection, entry.Id)).Distinct().Count());
        });
    }

    [Fact]
    public async Task Tenth_invariant_a_host_whose_run_another_host_has_fenced_off_commits_nothing_from_then_on()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        var other = await test.Database.OpenAsync();
        await using var second = other.Changes;
        for (var i = 0; i < 10; i++)
        {
            var (from, to) = i % 2 == 0 ? (test.Store, second) : (second, test.Store);
            var stale = CommitUntilRefusedAsync(from, test.Run, i);

            test.Run = await to.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
            var head = await to.SumHeadsAsync(Token);
            await Assert.ThrowsAsync<StaleFenceException>(() => stale);

            Assert.Equal(head, await from.SumHeadsAsync(Token));
        }
    }

    private static TenantId TenantOf(int number) => new(string.Create(CultureInfo.InvariantCulture, $"t{number}"));

    private static async Task WriteAsync(IChangeStore host, int writer, int[] pages)
    {
        var run = await host.BeginRunAsync(StoreUnderTest.NewRun(TenantOf(writer % Tenants), new ConnectionId($"con_w{writer}")), Token);
        await host.ApplyMappingAsync(run.Tenant, run.Connection, Sales.Location, "own-1", Sales.Noon, Token);
        for (var page = 0; page < pages.Length; page++)
        {
            await CommitAsync(host, run, page, pages[page]);
        }
    }

    private static async Task CommitUntilRefusedAsync(IChangeStore host, SyncRun run, int round)
    {
        for (var page = 0; ; page++)
        {
            await CommitAsync(host, run, (round * 1_000_000) + page, 3);
        }
    }

    private static async Task CommitAsync(IChangeStore host, SyncRun run, int page, int size)
    {
        using var encoded = Pages.Encode(run.Tenant, run.Connection, [.. Enumerable.Range(0, size).Select(i => Change.Upsert($"{page}-{i}", Sales.Make($"{page}-{i}")))]);
        await host.CommitAsync(StoreUnderTest.PageOf(run, encoded, Sales.Noon), Token);
    }

    // As a platform does: on from the last one seen, now on this host, now on that one.
    private static async Task<List<FeedEntry>> PollAsync(IChangeStore[] hosts, TenantId tenant, int until)
    {
        var seen = new List<FeedEntry>();
        for (var (after, turn) = (0L, 0); after < until; turn++)
        {
            var page = await hosts[turn % 2].ReadChangesAsync(new FeedQuery(tenant, after, null, null, 50), Token);
            seen.AddRange(page.Changes);
            after = page.Next;
        }

        return seen;
    }
}
