using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Tests.Changes;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The outbox's contract, whatever keeps it.</summary>
public abstract class OutboxTests(Engine engine)
{
    private protected static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    internal static readonly SubscriptionKey Key = new(new TenantId("t1"), "sub_1");

    private static readonly SubscriptionKey s_other = new(new TenantId("t1"), "sub_2");

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_there_is_no_room_for_is_not_taken_and_the_place_in_the_log_stays()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;

        Assert.False(await outbox.KeepAsync(Key, [.. Enumerable.Repeat(Make("a"), IOutbox.MostPending + 1)], 7, Token));
        Assert.Null(await outbox.FindPositionAsync(Key.Id, Token));

        // Twice the same is one: a feeder that was killed reads again.
        Assert.True(await outbox.KeepAsync(Key, [Make("a")], 7, Token));
        Assert.True(await outbox.KeepAsync(Key, [Make("a") with { Id = "dlv_again" }], 8, Token));
        Assert.Equal(8, await outbox.FindPositionAsync(Key.Id, Token));
        Assert.Equal("dlv_a", Assert.Single(await ListAsync(outbox, DeliveryState.Pending)).Id);
    }

    [Fact]
    public async Task A_delivery_is_read_back_as_it_was_kept_and_by_its_tenant_alone()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        var full = Make("a") with { Connection = new ConnectionId("con_1"), EditedFrom = "evt_0", At = Noon.AddTicks(7), Data = """{"a":"ä\u0000"}""" };
        await outbox.KeepAsync(Key, [full, Make("b")], 1, Token);

        var found = await outbox.FindAsync(Key.Tenant, "dlv_a", Token);

        Assert.Equal(full with { No = found!.No, Due = Noon }, found);
        Assert.Null(await outbox.FindAsync(new TenantId("t2"), "dlv_a", Token));
        Assert.Null((await outbox.FindAsync(Key.Tenant, "dlv_b", Token))!.Due);
    }

    [Fact]
    public async Task The_first_of_each_lane_is_due_those_that_wait_longest_first()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("b1", "b"), Make("a1", "a"), Make("a2", "a"), Make("c1", "c", Noon.AddMinutes(-1)), Make("d1", "d", Noon.AddMinutes(5))], 1, Token);
        await outbox.KeepAsync(s_other, [Make("a1", "a") with { Id = "dlv_other", Subscription = s_other.Id }], 1, Token);

        var turn = await outbox.ReadDueAsync(Key.Id, Noon, 10, Token);

        Assert.Equal(["c1", "a1", "b1"], turn.Heads.Select(static head => head.Event));
        Assert.Equal(Noon.AddMinutes(5), turn.Next);
        Assert.Equal(["c1"], (await outbox.ReadDueAsync(Key.Id, Noon, 1, Token)).Heads.Select(static head => head.Event));
        Assert.Equal([Key, s_other], (await outbox.ListWaitingAsync(Token)).OrderBy(static key => key.Id));
        Assert.Equal((6, 0), await outbox.CountAsync(Token));
    }

    [Fact]
    public async Task Attempts_are_stored_and_the_lane_goes_on_when_its_first_has_ended()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1"), Make("a2")], 1, Token);

        await FinishAsync(outbox, Noon, 503, new RetryStep(DeliveryState.Pending, Noon.AddMinutes(5), 1));
        Assert.Equal((0, (DateTimeOffset?)Noon.AddMinutes(5)), await TurnAsync(outbox, Noon));
        Assert.Equal(new SubscriptionStanding(2, 0, null, Noon, Noon.AddMinutes(5), "503"), await outbox.ReadStandingAsync(Key.Id, Token));
        await FinishAsync(outbox, Noon.AddMinutes(5), 422, new RetryStep(DeliveryState.Dead, Noon.AddMinutes(5), 1));
        await FinishAsync(outbox, Noon.AddMinutes(6), 200, new RetryStep(DeliveryState.Delivered, Noon.AddMinutes(6), 0));

        Assert.Equal(new SubscriptionStanding(0, 1, Noon.AddMinutes(6), null, null, null), await outbox.ReadStandingAsync(Key.Id, Token));
        var dead = (await ListAsync(outbox, DeliveryState.Dead))[0];
        Assert.Equal((2, 422, "422", Noon.AddMinutes(5)), (dead.Attempts, dead.Status, dead.Reason, dead.EndedAt));
        Assert.Equal([503, 422], (await outbox.ListAttemptsAsync(dead, Token)).Select(static attempt => attempt.Status));
        Assert.Empty(await outbox.ListWaitingAsync(Token));
        Assert.Equal(new SubscriptionStanding(0, 0, null, null, null, null), await outbox.ReadStandingAsync("sub_none", Token));
    }

    [Fact]
    public async Task Who_asked_for_it_is_left_alone_until_then_or_until_it_is_hurried()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1", "a"), Make("b1", "b")], 1, Token);

        await FinishAsync(outbox, Noon, 429, new RetryStep(DeliveryState.Pending, Noon.AddHours(1), 0), Noon.AddHours(1));

        Assert.Equal((0, (DateTimeOffset?)Noon.AddHours(1)), await TurnAsync(outbox, Noon.AddMinutes(1)));
        Assert.Equal(Noon.AddHours(1), (await outbox.ReadStandingAsync(Key.Id, Token)).NextAttempt);
        await outbox.HurryAsync(Key.Id, Noon.AddMinutes(2), Token);
        Assert.Equal((2, null), await TurnAsync(outbox, Noon.AddMinutes(2)));
        Assert.All(await ListAsync(outbox, DeliveryState.Pending), static delivery => Assert.Equal(Noon.AddMinutes(2), delivery.Since));
    }

    [Fact]
    public async Task A_receiver_that_was_down_and_answers_is_sent_at_once_what_waits_because_it_was()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1", "a"), Make("b1", "b"), Make("c1", "c")], 1, Token);
        var heads = (await outbox.ReadDueAsync(Key.Id, Noon, 10, Token)).Heads;
        foreach (var (head, status) in heads.Zip((int?[])[null, 503, 422]))
        {
            await outbox.FinishAsync(head, new DeliveryAttempt(Noon, TimeSpan.FromSeconds(1), status, "no"), new RetryStep(DeliveryState.Pending, Noon.AddHours(head.Event == "a1" ? 0 : 2), 1), null, Token);
        }

        await FinishAsync(outbox, Noon.AddMinutes(16), 200, new RetryStep(DeliveryState.Delivered, Noon.AddMinutes(16), 1));

        var due = Assert.Single((await outbox.ReadDueAsync(Key.Id, Noon.AddMinutes(16), 10, Token)).Heads);
        Assert.Equal(("b1", 0), (due.Event, due.Rung));
    }

    [Fact]
    public async Task What_is_canceled_stays_so_whatever_becomes_of_the_attempt()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1", "a"), Make("b1", "b")], 1, Token);
        await outbox.KeepAsync(s_other, [Make("a1", "a") with { Id = "dlv_other", Subscription = s_other.Id }], 1, Token);
        var head = (await outbox.ReadDueAsync(Key.Id, Noon, 1, Token)).Heads[0];

        await outbox.CancelAsync("a", "It is gone.", Noon, Token);
        await outbox.FinishAsync(head, new DeliveryAttempt(Noon, TimeSpan.Zero, 200, null), new RetryStep(DeliveryState.Delivered, Noon, 0), null, Token);

        var canceled = await ListAsync(outbox, DeliveryState.Canceled);
        Assert.Equal(("dlv_a1", "It is gone.", (DateTimeOffset?)Noon), (canceled[0].Id, canceled[0].Reason, canceled[0].EndedAt));
        Assert.Equal([Key], await outbox.ListWaitingAsync(Token));
        Assert.False(await outbox.ReplayAsync(canceled[0], Noon, Token));
        Assert.False(await outbox.ReplaceAsync(canceled[0], Make("a2", "a"), Token));
    }

    [Fact]
    public async Task Replayed_ones_are_due_at_their_old_place_by_a_schedule_of_their_own()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1"), Make("a2"), Make("a3")], 1, Token);
        await FinishAsync(outbox, Noon, 200, new RetryStep(DeliveryState.Delivered, Noon, 0));
        await FinishAsync(outbox, Noon, 422, new RetryStep(DeliveryState.Dead, Noon, 0));
        await FinishAsync(outbox, Noon, 503, new RetryStep(DeliveryState.Pending, Noon.AddHours(1), 1));

        Assert.True(await outbox.ReplayAsync((await ListAsync(outbox, DeliveryState.Delivered))[0], Noon.AddMinutes(1), Token));
        Assert.Equal(1, await outbox.ReplayDeadAsync(Key.Id, Noon.AddMinutes(2), Token));
        Assert.Equal(0, await outbox.ReplayDeadAsync(Key.Id, Noon.AddMinutes(2), Token));

        Assert.Equal(["a1"], (await outbox.ReadDueAsync(Key.Id, Noon.AddMinutes(2), 10, Token)).Heads.Select(static head => head.Event));
        Assert.Equal([Noon.AddMinutes(1), Noon.AddMinutes(2), Noon], (await ListAsync(outbox, DeliveryState.Pending)).Select(static delivery => delivery.Since));
    }

    [Fact]
    public async Task An_edited_copy_is_sent_at_the_end_of_the_lane_in_place_of_what_it_is_a_copy_of()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1"), Make("a2")], 1, Token);

        Assert.True(await outbox.ReplaceAsync((await ListAsync(outbox, DeliveryState.Pending))[0], Make("a3") with { EditedFrom = "a1" }, Token));

        Assert.Equal(["a2", "a3"], (await ListAsync(outbox, DeliveryState.Pending)).Select(static delivery => delivery.Event));
        Assert.Equal("It is sent edited, as dlv_a3.", (await ListAsync(outbox, DeliveryState.Canceled))[0].Reason);
    }

    [Fact]
    public async Task All_of_a_subscription_and_all_of_a_tenant_are_forgotten()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        var elsewhere = new SubscriptionKey(new TenantId("t2"), "sub_3");
        foreach (var key in (SubscriptionKey[])[Key, s_other, elsewhere])
        {
            await outbox.KeepAsync(key, [Make("a1") with { Id = $"dlv_{key.Id}", Tenant = key.Tenant, Subscription = key.Id }], 1, Token);
        }

        await FinishAsync(outbox, Noon, 503, new RetryStep(DeliveryState.Pending, Noon.AddHours(1), 1));
        await outbox.ForgetAsync(Key.Id, Token);
        Assert.Equal([s_other, elsewhere], (await outbox.ListWaitingAsync(Token)).OrderBy(static key => key.Id));
        Assert.Null(await outbox.FindPositionAsync(Key.Id, Token));
        await outbox.ForgetAsync(Key.Tenant, Token);

        Assert.Equal([elsewhere], await outbox.ListWaitingAsync(Token));
        Assert.Equal((1, 0), await outbox.CountAsync(Token));
    }

    [Fact]
    public async Task Ended_ones_are_swept_in_their_time_and_those_that_wait_are_not()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1"), Make("a2"), Make("a3")], 1, Token);
        await FinishAsync(outbox, Noon, 200, new RetryStep(DeliveryState.Delivered, Noon, 0));
        await FinishAsync(outbox, Noon, 422, new RetryStep(DeliveryState.Dead, Noon, 0));

        await outbox.SweepAsync(Noon + IOutbox.Kept, Token);
        Assert.Equal(3, (await ListAsync(outbox, null)).Count);
        await outbox.SweepAsync(Noon + IOutbox.Kept + TimeSpan.FromMinutes(1), Token);
        Assert.Equal(["a2", "a3"], (await ListAsync(outbox, null)).Select(static delivery => delivery.Event));
        await outbox.SweepAsync(Noon + IOutbox.KeptDead + TimeSpan.FromMinutes(1), Token);

        Assert.Equal(["a3"], (await ListAsync(outbox, null)).Select(static delivery => delivery.Event));
        Assert.Equal([Key], await outbox.ListWaitingAsync(Token));
    }

    [Fact]
    public async Task Lists_are_narrowed_and_go_on_where_they_ended()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var outbox = test.Outbox;
        await outbox.KeepAsync(Key, [Make("a1"), Make("a2"), Make("a3")], 1, Token);
        await outbox.KeepAsync(s_other, [Make("a1") with { Id = "dlv_other", Subscription = s_other.Id }], 1, Token);

        var first = await outbox.ListAsync(new DeliveryQuery(Key.Tenant, null, null, 0, 2), Token);
        var rest = await outbox.ListAsync(new DeliveryQuery(Key.Tenant, null, DeliveryState.Pending, first[^1].No, 10), Token);

        Assert.Equal(["dlv_a1", "dlv_a2", "dlv_a3", "dlv_other"], first.Concat(rest).Select(static delivery => delivery.Id));
        Assert.Equal(["dlv_other"], (await outbox.ListAsync(new DeliveryQuery(Key.Tenant, s_other.Id, null, 0, 10), Token)).Select(static delivery => delivery.Id));
        Assert.Empty(await outbox.ListAsync(new DeliveryQuery(new TenantId("t2"), null, null, 0, 10), Token));
    }

    internal static Delivery Make(string @event, string lane = "a", DateTimeOffset? at = null) => new()
    {
        Id = $"dlv_{@event}",
        Tenant = Key.Tenant,
        Subscription = Key.Id,
        Lane = lane,
        Event = @event,
        Type = "order.created",
        At = Noon,
        Data = "{}",
        Since = at ?? Noon,
        CreatedAt = at ?? Noon,
    };

    /// <summary>The one that is due first is tried, and is answered so.</summary>
    private static async Task FinishAsync(IOutbox outbox, DateTimeOffset now, int status, RetryStep step, DateTimeOffset? holdUntil = null)
    {
        var head = (await outbox.ReadDueAsync(Key.Id, now, 1, Token)).Heads[0];
        await outbox.FinishAsync(head, new DeliveryAttempt(now, TimeSpan.FromMilliseconds(3), status, status == 200 ? null : $"{status}"), step, holdUntil, Token);
    }

    private static async Task<(int Heads, DateTimeOffset? Next)> TurnAsync(IOutbox outbox, DateTimeOffset now)
    {
        var turn = await outbox.ReadDueAsync(Key.Id, now, 10, Token);
        return (turn.Heads.Count, turn.Next);
    }

    private static async Task<IReadOnlyList<Delivery>> ListAsync(IOutbox outbox, DeliveryState? state) => await outbox.ListAsync(new DeliveryQuery(Key.Tenant, null, state, 0, 100), Token);
}

public sealed class SqliteOutboxTests() : OutboxTests(Engine.Sqlite);
