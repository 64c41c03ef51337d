using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class CompactionTests(Engine engine)
{
    private static readonly TimeSpan s_retention = TimeSpan.FromDays(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versions_go_once_the_one_after_them_is_older_than_the_retention_and_the_newest_never()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await CommitAsync(test, 0, "a", 1);
        await CommitAsync(test, 1, "a", 2);
        await CommitAsync(test, 5, "a", 3);
        await CommitAsync(test, 0, "b", 1);

        await CompactAsync(test, days: 12);

        Assert.Equal([("a", 2L), ("a", 3L), ("b", 1L)], (await test.FeedAsync()).Select(static e => (e.Id, e.Version)));
        await CompactAsync(test, days: 1000);
        Assert.Equal([("a", 3L), ("b", 1L)], (await test.FeedAsync()).Select(static e => (e.Id, e.Version)));
        Assert.Equal(2, await test.Database.ExecuteAsync("SELECT COUNT(*) FROM raws"));
    }

    [Fact]
    public async Task What_was_known_is_exact_as_far_back_as_it_is_kept_and_refused_before()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await CommitAsync(test, 0, "a", 1);
        await CommitAsync(test, 3, "a", 2);
        await CommitAsync(test, 6, "a", 3);

        await CompactAsync(test, days: 14);

        Assert.Equal(2, NetOf(await test.SalesAsync(Sales.Day, asOf: At(3))));
        Assert.Equal(2, NetOf(await test.SalesAsync(Sales.Day, asOf: At(5))));
        Assert.Equal(3, NetOf(await test.SalesAsync(Sales.Day)));
        var gone = await Assert.ThrowsAsync<VersionsGoneException>(() => test.SalesAsync(Sales.Day, asOf: At(3).AddMilliseconds(-1)));
        Assert.Contains("2026-03-17T12:00:00.000Z", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_stays_a_month_longer_and_then_only_readers_that_have_not_passed_it_start_over()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await CommitAsync(test, 0, "a", 1);
        var behind = (await ReadAsync(test, 0)).Next;
        await test.DeleteAsync("a", At(1));
        await CommitAsync(test, 2, "b", 1);
        var ahead = (await ReadAsync(test, 0)).Next;
        await CommitAsync(test, 45, "c", 1);

        await CompactAsync(test, days: 30);
        Assert.Equal(["a", "b", "c"], (await ReadAsync(test, behind)).Changes.Select(static e => e.Id));
        await CompactAsync(test, days: 50);

        var reset = await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, behind));
        Assert.Contains("from 0", reset.Message, StringComparison.Ordinal);
        Assert.Equal(["c"], (await ReadAsync(test, ahead)).Changes.Select(static e => e.Id));
        Assert.Equal(["b", "c"], (await ReadAsync(test, 0)).Changes.Select(static e => e.Id));
    }

    [Fact]
    public async Task Who_starts_over_gets_past_where_others_are_refused_page_by_page_and_after_a_restart()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        for (var i = 0; i < 9; i++)
        {
            await CommitAsync(test, 0, $"s{i}", 1);
        }

        await test.DeleteAsync("s0", At(1));
        await CommitAsync(test, 2, "last", 1);
        await CompactAsync(test, days: 60);
        await test.AbandonAsync();

        var ids = new List<string>();
        var page = await ReadAsync(test, 0, limit: 2);
        for (; page.Changes.Count > 0; page = await ReadAsync(test, page.Next, limit: 2))
        {
            ids.AddRange(page.Changes.Select(static e => e.Id));
            Assert.Equal(page.Next, page.Changes[^1].Sequence);
        }

        Assert.Equal(["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "last"], ids);
        await CommitAsync(test, 61, "new", 1);
        Assert.Equal(["new"], (await ReadAsync(test, page.Next)).Changes.Select(static e => e.Id));
        await test.RenewEpochAsync(At(70));
        await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, page.Next));
    }

    [Fact]
    public async Task A_location_that_a_record_has_left_is_told_so_for_as_long_as_any_delete()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await CommitAsync(test, 0, "a", 1);
        var behind = (await ReadAsync(test, 0, location: "own-1")).Next;
        await test.MapAsync("own-2", at: At(1));
        await CommitAsync(test, 2, "a", 2);

        await CompactAsync(test, days: 30);
        var left = (await ReadAsync(test, behind, location: "own-1")).Changes;
        await CompactAsync(test, days: 60);

        Assert.Equal([(ChangeKind.Delete, "a")], left.Select(static e => (e.Kind, e.Id)));
        await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, behind, location: "own-1"));
        Assert.Empty((await ReadAsync(test, 0, location: "own-1")).Changes);
    }

    protected async Task AssertReadersEndInTheStateOfTheStoreAsync(int seed)
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.MapAsync("own-2", external: "L2");
        var random = new Random(seed);
        var history = new History(test, random);
        var readers = Enumerable.Range(0, 12).Select(i => new Reader(test, (i % 3) switch { 0 => null, 1 => "own-1", _ => "own-2" }, everyDays: 1 + (i * 7))).ToList();

        for (var day = 0.0; day < 400; day += random.NextDouble() * 1.5)
        {
            await history.StepAsync(day);
            foreach (var reader in readers)
            {
                await reader.ReadSomeAsync(day, random.Next(1, 6));
            }

            if (random.Next(12) == 0)
            {
                await CompactAsync(test, day, isCutShort: random.Next(3) == 0);
                await history.AssertKnownAsync(day);
            }

            if (random.Next(60) == 0)
            {
                await test.AbandonAsync();
            }
        }

        foreach (var reader in readers)
        {
            await reader.ReadAllAsync();
            Assert.Equal(history.StateOf(reader.Location), reader.State);
        }

        // It must be able to fail: there were purges, and readers that met them.
        Assert.InRange(readers.Sum(static reader => reader.Resets), 1, 200);
        Assert.InRange(await test.Database.ExecuteAsync("SELECT COUNT(*) FROM changes"), 1, history.Written - 100);
        Assert.Equal(0, readers[0].Resets);
    }

    private static DateTimeOffset At(double days) => Sales.Noon.AddDays(days);

    private static Task<CommitResult> CommitAsync(StoreUnderTest test, double day, string id, long net) => test.CommitAsync(At(day), Change.Upsert(id, Sales.Make(id, net)) with { Raw = "{}"u8.ToArray() });

    private static async Task CompactAsync(StoreUnderTest test, double days, bool isCutShort = false)
    {
        using var stop = new CancellationTokenSource();
        var compaction = test.Store.CompactAsync(At(days) - s_retention, stop.Token);
        if (isCutShort)
        {
            await stop.CancelAsync();
        }

        await compaction.ConfigureAwait(isCutShort ? ConfigureAwaitOptions.SuppressThrowing : ConfigureAwaitOptions.None);
    }

    private static Task<FeedPage> ReadAsync(StoreUnderTest test, long after, int limit = 1000, string? location = null)
        => test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, after, null, location, limit), Token).AsTask();

    private static long NetOf(List<FeedEntry> sales) => NetOf(Assert.Single(sales));

    private static long NetOf(FeedEntry entry) => JsonSerializer.Deserialize(entry.Body.Span, CanonicalJson.Default.Sale)!.Net.Minor;

    /// <summary>What was done to the store, beside what it ought to hold.</summary>
    private sealed class History(StoreUnderTest test, Random random)
    {
        private readonly Dictionary<string, (string Place, long Net)> _sales = [];
        private readonly Dictionary<string, string> _mappings = new() { ["L1"] = "own-1", ["L2"] = "own-2" };
        private readonly List<(double Day, Dictionary<string, long> Sales)> _known = [];
        private long _net;

        public int Written { get; private set; }

        public async Task StepAsync(double day)
        {
            var id = $"s{random.Next(15)}";
            switch (random.Next(20))
            {
                case < 14:
                    var place = random.Next(4) == 0 ? "L2" : "L1";
                    await test.CommitAsync(At(day), Change.Upsert(id, Sales.Make(id, net: ++_net, location: place)));
                    _sales[id] = (place, _net);
                    break;
                case < 19:
                    await test.DeleteAsync(id, At(day));
                    _sales.Remove(id);
                    break;
                default:
                    var (moved, own) = random.Next(2) == 0 ? ("L1", "own-1") : ("L2", "own-2");
                    own = _mappings[moved] == own ? "own-3" : own;
                    await test.MapAsync(own, external: moved, at: At(day));
                    _mappings[moved] = own;
                    break;
            }

            Written++;
            _known.Add((day, _sales.ToDictionary(static sale => sale.Key, static sale => sale.Value.Net)));
        }

        public Dictionary<string, long> StateOf(string? location)
            => _sales.Where(sale => location is null || _mappings[sale.Value.Place] == location).ToDictionary(static sale => sale.Key, static sale => sale.Value.Net);

        /// <summary>As it was known on some days of the retention.</summary>
        public async Task AssertKnownAsync(double now)
        {
            foreach (var (day, sales) in _known.Where(known => known.Day >= now - s_retention.TotalDays))
            {
                var then = await test.SalesAsync(Sales.Day, asOf: At(day));
                Assert.Equal(sales, then.ToDictionary(static entry => entry.Id, NetOf));
            }
        }
    }

    /// <summary>A platform that keeps what the feed tells it, and starts over when it is told to.</summary>
    private sealed class Reader(StoreUnderTest test, string? location, int everyDays)
    {
        private long _after;
        private double _next;

        public string? Location => location;

        public Dictionary<string, long> State { get; private set; } = [];

        public int Resets { get; private set; }

        public async Task ReadSomeAsync(double day, int limit)
        {
            if (day < _next)
            {
                return;
            }

            // Mid-way it leaves off for some days: the rest is read another time.
            _next = day + everyDays;
            for (var i = 0; i < 1 + everyDays && await ReadAsync(limit); i++)
            {
            }
        }

        public async Task ReadAllAsync()
        {
            while (await ReadAsync(1000))
            {
            }
        }

        private async Task<bool> ReadAsync(int limit)
        {
            try
            {
                var page = await CompactionTests.ReadAsync(test, _after, limit, location);
                foreach (var entry in page.Changes)
                {
                    if (entry.Kind == ChangeKind.Delete)
                    {
                        State.Remove(entry.Id);
                    }
                    else
                    {
                        State[entry.Id] = NetOf(entry);
                    }
                }

                Assert.True(page.Next >= _after, "The position went back.");
                _after = page.Next;
                return page.More;
            }
            catch (FeedResetException)
            {
                (State, _after) = ([], 0);
                Resets++;
                return true;
            }
        }
    }
}

public sealed class SqliteCompactionTests() : CompactionTests(Engine.Sqlite)
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public Task Twenty_sixth_invariant_whatever_happens_a_reader_ends_in_the_state_of_the_store_or_is_told_to_start_over(int seed) => AssertReadersEndInTheStateOfTheStoreAsync(seed);
}

public sealed class PostgresCompactionTests() : CompactionTests(Engine.Postgres)
{
    // One: a thousand steps and as many looks take seconds here.
    [Fact]
    public Task Twenty_sixth_invariant_whatever_happens_a_reader_ends_in_the_state_of_the_store_or_is_told_to_start_over() => AssertReadersEndInTheStateOfTheStoreAsync(seed: 3);
}
