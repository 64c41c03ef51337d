using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The inbox's contract, whatever keeps it.</summary>
public abstract class InboxTests(Engine engine)
{
    internal static readonly InboxKey SalesWork = new(new ConnectionId("con_1"), "sales");
    internal static readonly InboxKey GrantWork = new(new ConnectionId("con_1"), InboxKey.Grant);

    private protected static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private protected static readonly DriverId Shop = new("shop");

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_kept_is_read_back_as_it_is_in_the_order_of_arrival()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        var full = Entry("z") with { Source = "channel", Kind = ServiceEventKind.FileChanged, Connection = new ConnectionId("con_1"), AccountId = "acc", LocationId = "loc" };

        Assert.Equal(2, await inbox.KeepAsync([full, Entry("b")], Token));
        Assert.Equal(1, await inbox.KeepAsync([Entry("a")], Token));

        var kept = await inbox.ReadNewAsync(10, Token);
        Assert.Equal([full, Entry("b"), Entry("a")], kept.Select(static entry => entry with { No = 0 }));
        Assert.Equal(kept.Select(static entry => entry.No).Order(), kept.Select(static entry => entry.No));
        Assert.Equal(["z", "b"], (await inbox.ReadNewAsync(2, Token)).Select(static entry => entry.EventId));
    }

    [Fact]
    public async Task An_event_is_kept_once_and_known_by_driver_channel_and_id()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        await inbox.KeepAsync([Entry("a")], Token);

        var kept = await inbox.KeepAsync([Entry("a"), Entry("a") with { Source = "channel" }, Entry("a") with { Driver = new DriverId("other") }, Entry("A"), Entry("A")], Token);

        Assert.Equal(3, kept);
        Assert.Equal(4, (await inbox.ReadNewAsync(10, Token)).Count);
    }

    [Fact]
    public async Task Where_there_is_no_room_for_all_none_is_kept()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        await inbox.KeepAsync([Entry("a")], Token);

        Assert.Null(await inbox.KeepAsync([.. Enumerable.Range(0, IInbox.MostNew).Select(static n => Entry($"n{n}"))], Token));
        Assert.Single(await inbox.ReadNewAsync(10, Token));

        // What was taken makes room.
        await TakeAsync(inbox, SalesWork);
        Assert.Equal(1, await inbox.KeepAsync([Entry("b")], Token));
    }

    [Fact]
    public async Task An_event_is_work_of_each_of_its_keys_until_that_is_finished_and_its_id_stays_known()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        await inbox.KeepAsync([Entry("a"), Entry("b"), Entry("c")], Token);
        var kept = await TakeAsync(inbox, SalesWork, GrantWork);

        Assert.Equal([GrantWork, SalesWork], (await inbox.ListWorkAsync(Token)).OrderBy(static key => key.Work));
        Assert.Equal(["a", "b"], (await inbox.ReadWorkAsync(SalesWork, 2, Token)).Select(static entry => entry.EventId));
        await inbox.FinishAsync(SalesWork, [kept[0], kept[2]], Token);
        Assert.Equal(["b"], (await inbox.ReadWorkAsync(SalesWork, 10, Token)).Select(static entry => entry.EventId));
        Assert.Equal(kept, await inbox.ReadWorkAsync(GrantWork, 10, Token));
        await inbox.FinishAsync(GrantWork, null, Token);

        Assert.Equal([SalesWork], await inbox.ListWorkAsync(Token));
        Assert.Equal(0, await inbox.KeepAsync([Entry("a"), Entry("b"), Entry("c")], Token));
    }

    [Fact]
    public async Task An_old_event_that_is_reclaimed_while_a_later_one_is_worked_off_is_not_finished_with_it()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        await inbox.KeepAsync([Entry("old") with { AccountId = "acc-9" }, Entry("new")], Token);
        var kept = await inbox.ReadNewAsync(2, Token);
        await inbox.TakeAsync([(kept[0], []), (kept[1], [SalesWork])], Token);
        var read = await inbox.ReadWorkAsync(SalesWork, 10, Token);

        await inbox.ReclaimAsync(new InboxAccount(Shop, "acc-9", null), Token);
        await inbox.TakeAsync([(kept[0], [SalesWork])], Token);
        await inbox.FinishAsync(SalesWork, read, Token);

        Assert.Equal(["old"], (await inbox.ReadWorkAsync(SalesWork, 10, Token)).Select(static entry => entry.EventId));
    }

    [Fact]
    public async Task Of_unclaimed_events_the_newest_of_each_account_are_kept_and_are_new_again_once_it_is_known()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        InboxEntry[] entries =
        [
            .. Enumerable.Range(0, IInbox.MostOfAccount + 20).Select(static n => Entry($"n{n}") with { AccountId = "acc", LocationId = $"loc-{n % 2}" }),
            Entry("place") with { LocationId = "loc-1" },
            Entry("nobody"),
            Entry("other") with { Driver = new DriverId("other"), AccountId = "acc" },
        ];
        await inbox.KeepAsync(entries, Token);
        await TakeAsync(inbox);

        Assert.Equal(IInbox.MostOfAccount + 2, await inbox.CountUnclaimedAsync(Shop, Token));
        Assert.Equal(5, (await inbox.ListUnclaimedAsync(Token)).Count);
        await inbox.ReclaimAsync(new InboxAccount(Shop, "acc", "loc-0"), Token);
        await inbox.ReclaimAsync(new InboxAccount(Shop, null, null), Token);

        var again = (await inbox.ReadNewAsync(1_000, Token)).Select(static entry => entry.EventId).ToList();
        Assert.Equal((IInbox.MostOfAccount / 2) + 1, again.Count);
        Assert.Equal(("n20", "nobody"), (again[0], again[^1]));
        Assert.Equal((IInbox.MostOfAccount / 2) + 1, await inbox.CountUnclaimedAsync(Shop, Token));
    }

    [Fact]
    public async Task What_is_older_is_swept_unless_it_was_never_taken()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;
        await inbox.KeepAsync([Entry("work"), Entry("later") with { ReceivedAt = Noon.AddMinutes(2) }], Token);
        await TakeAsync(inbox, SalesWork);
        await inbox.KeepAsync([Entry("unclaimed")], Token);
        await TakeAsync(inbox);
        await inbox.KeepAsync([Entry("new")], Token);

        await inbox.SweepAsync(Noon.AddMinutes(1), Token);

        Assert.Equal(["later"], (await inbox.ReadWorkAsync(SalesWork, 10, Token)).Select(static entry => entry.EventId));
        Assert.Equal(["new"], (await inbox.ReadNewAsync(10, Token)).Select(static entry => entry.EventId));
        Assert.Equal(0, await inbox.CountUnclaimedAsync(Shop, Token));
        Assert.Equal(2, await inbox.KeepAsync([Entry("work"), Entry("unclaimed"), Entry("later"), Entry("new")], Token));
    }

    [Fact]
    public async Task What_is_cancelled_before_it_has_begun_keeps_nothing()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var inbox = test.Inbox;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inbox.KeepAsync([Entry("a")], new CancellationToken(canceled: true)));

        Assert.Empty(await inbox.ReadNewAsync(10, Token));
    }

    private protected static InboxEntry Entry(string id) => new() { Driver = Shop, EventId = id, Kind = ServiceEventKind.OrderUpdated, ReceivedAt = Noon };

    /// <summary>Takes all that is new as work of those keys.</summary>
    private protected static async Task<IReadOnlyList<InboxEntry>> TakeAsync(IInbox inbox, params InboxKey[] keys)
    {
        var entries = await inbox.ReadNewAsync(1_000, Token);
        await inbox.TakeAsync([.. entries.Select(entry => (entry, (IReadOnlyList<InboxKey>)keys))], Token);
        return entries;
    }
}

public sealed class SqliteInboxTests() : InboxTests(Engine.Sqlite);
