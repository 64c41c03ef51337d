using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>Invariant 26: at least once, in order, signed, for days.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private Deliverer _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WebhookReceiver Receiver => _host.Receiver;

    private DateTimeOffset Now => _host.App.Clock.GetUtcNow();

    public async ValueTask InitializeAsync() => _host = await Deliverer.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Events_arrive_in_order_signed_and_as_the_api_lists_them()
    {
        await _host.TellAsync("con_1", "order.created");
        var subscription = await _host.SubscribeAsync("order.*", "connection.paused");
        await _host.TellAsync("con_1", "order.created", "connection.paused", "location.mapped", "order.updated", "order.updated");
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 4);

        var listed = (await _host.GetAsync("events")).GetProperty("items").EnumerateArray().Where(told => told.GetProperty("sequence").GetInt32() is 2 or 3 or 5 or 6).ToDictionary(told => told.GetProperty("id").GetString()!);
        Assert.Equal(["order.created", "order.updated", "order.updated"], Receiver.TakenTypes.Where(static type => type != "connection.paused"));
        Assert.All(Receiver.Taken, request =>
        {
            Assert.True(request.IsSignedBy(subscription.GetProperty("secret").GetString()!, Now));
            Assert.False(request.IsSignedBy("whsec_" + Convert.ToBase64String(new byte[32]), Now));
            Assert.Equal("application/json", request.ContentType);
            Assert.Equal(listed[request.Id].GetRawText(), request.Data.GetRawText());
            Assert.Equal(listed[request.Id].GetProperty("at").GetString(), request.Json.GetProperty("timestamp").GetString());
        });
    }

    [Fact]
    public async Task A_connection_whose_event_fails_holds_up_what_comes_after_it_and_nobody_else()
    {
        await _host.SubscribeAsync();
        Receiver.Answer = (request, _) => Task.FromResult(request.Type == "order.created" && request.Connection == "con_1" ? 500 : 200);
        await _host.TellAsync("con_1", "order.created", "order.updated", "file.changed", "connection.paused");
        await _host.TellAsync("con_2", "order.created", "order.updated");
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 4);

        Assert.Equal(
            ["con_1 connection.paused", "con_1 file.changed", "con_2 order.created", "con_2 order.updated"],
            Receiver.Taken.Select(static request => $"{request.Connection} {request.Type}").Order());
        Receiver.Answer = null;
        await _host.PassAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(["order.created", "order.updated"], Receiver.TakenTypes.TakeLast(2));
    }

    [Fact]
    public async Task A_receiver_that_never_answers_holds_up_no_other_connection()
    {
        await _host.SubscribeAsync();
        var never = new TaskCompletionSource<int>();
        Receiver.Answer = (request, _) => request.Connection == "con_1" ? never.Task : Task.FromResult(200);
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => Receiver.Requests.Count == 1);
        await _host.TellAsync("con_2", "order.created");
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 1);

        _host.App.Clock.Advance(TimeSpan.FromSeconds(15));
        await _host.EventuallyAsync(async () => (await _host.DeliveriesAsync()).Any(static one => one.GetProperty("attempts").GetInt32() == 1 && one.TryGetProperty("reason", out var reason) && reason.GetString() == "Nothing was answered within 15 s."));
        never.SetResult(500);
    }

    [Fact]
    public async Task What_fails_is_tried_again_by_the_schedule_with_the_same_id_and_a_new_timestamp_and_is_dead_after_three_days()
    {
        var subscription = await _host.SubscribeAsync();
        var tried = new List<DateTimeOffset>();
        Receiver.Answer = (_, _) =>
        {
            tried.Add(Now);
            return Task.FromResult(503);
        };
        await _host.TellAsync("con_1", "order.created", "order.updated");
        await _host.PassAsync(TimeSpan.FromDays(4));

        var first = Receiver.Requests.Where(request => request.Type == "order.created").ToList();
        Assert.Equal(10, first.Count);
        Assert.Single(first.Select(static request => request.Id).Distinct());
        Assert.Equal(10, first.Select(static request => request.Timestamp).Distinct().Count());
        TimeSpan[] waits = [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24)];
        Assert.All(waits.Zip(tried.Zip(tried.Skip(1))), pair =>
        {
            var (wait, (before, after)) = pair;
            Assert.InRange(after - before, wait, (wait * 1.1) + TimeSpan.FromSeconds(1));
        });
        // What waited behind it had its three days too, and was tried when its turn came.
        var dead = await _host.DeliveriesAsync("?state=dead");
        Assert.Equal(["order.created", "order.updated"], dead.Select(static one => one.GetProperty("type").GetString()));
        Assert.Equal((10, 503, "It answered 503."), (dead[0].GetProperty("attempts").GetInt32(), dead[0].GetProperty("status").GetInt32(), dead[0].GetProperty("reason").GetString()));
        Assert.InRange(dead[1].GetProperty("attempts").GetInt32(), 1, 9);
        var view = await _host.GetAsync($"subscriptions/{subscription.GetProperty("id").GetString()}");
        Assert.Equal(("failing", "It answered 503.", 0, 2), (view.GetProperty("state").GetString(), view.GetProperty("cause").GetString(), view.GetProperty("pending").GetInt32(), view.GetProperty("dead").GetInt32()));
        Assert.Equal(tried[0], view.GetProperty("failingSince").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(429), InlineData(503), InlineData(400)]
    public async Task Whoever_asks_to_wait_is_left_alone_for_just_that_long(int status)
    {
        await _host.SubscribeAsync();
        Receiver.Answer = (_, context) =>
        {
            context.Response.Headers.RetryAfter = "123";
            return Task.FromResult(status);
        };
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => Receiver.Requests.Count == 1);
        await _host.SettleAsync();
        var asked = Now;
        Receiver.Answer = null;
        await _host.TellAsync("con_2", "order.created");

        await _host.PassAsync(TimeSpan.FromSeconds(121));
        Assert.Single(Receiver.Requests);
        await _host.PassAsync(asked + TimeSpan.FromSeconds(123) - Now);
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 2);
    }

    [Fact]
    public async Task A_redirect_is_a_failure_and_is_not_followed()
    {
        await using var elsewhere = await WebhookReceiver.StartAsync(Token);
        await _host.SubscribeAsync();
        Receiver.Answer = (_, context) =>
        {
            context.Response.Headers.Location = elsewhere.Address.AbsoluteUri;
            return Task.FromResult(308);
        };
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => Receiver.Requests.Count == 1);
        await _host.SettleAsync();

        Assert.Equal("It answered 308, and redirects are not followed.", Assert.Single(await _host.DeliveriesAsync("?state=pending")).GetProperty("reason").GetString());
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Who_answers_410_gets_nothing_more_until_it_is_enabled_and_the_others_are_told()
    {
        await using var other = await WebhookReceiver.StartAsync(Token);
        var gone = (await _host.SubscribeAsync("order.*")).GetProperty("id").GetString()!;
        await _host.SubscribeAsync(other, "subscription.*");
        Receiver.Answer = (_, _) => Task.FromResult(410);
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(() => other.Taken.Count == 1);
        await _host.TellAsync("con_1", "order.updated");
        await _host.TellAsync("con_2", "order.created");
        await _host.PassAsync(TimeSpan.FromDays(1));

        Assert.Single(Receiver.Requests);
        var told = other.Taken.Single();
        Assert.Equal(("subscription.disabled", gone), (told.Type, told.Data.GetProperty("subscription").GetString()));
        var view = await _host.GetAsync($"subscriptions/{gone}");
        Assert.Equal("disabled", view.GetProperty("state").GetString());
        Assert.StartsWith("It answered 410", view.GetProperty("cause").GetString(), StringComparison.Ordinal);

        Receiver.Answer = null;
        Assert.Equal("failing", (await _host.PostAsync($"subscriptions/{gone}/enable", null, HttpStatusCode.OK)).GetProperty("state").GetString());
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 3);
        Assert.Equal(["order.created", "order.updated"], Receiver.Taken.Where(static request => request.Connection == "con_1").Select(static request => request.Type));
        Assert.Equal("active", (await _host.GetAsync($"subscriptions/{gone}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_dead_delivery_is_replayed_as_it_is_under_its_id_and_edited_under_one_of_its_own()
    {
        var subscription = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        Receiver.Answer = (request, _) => Task.FromResult(request.Connection is "con_1" or "con_2" ? 422 : 200);
        await _host.TellAsync("con_1", "order.created");
        await _host.TellAsync("con_2", "order.created");
        await _host.TellAsync("con_3", "order.created");
        await _host.PassAsync(TimeSpan.FromDays(4));
        Receiver.Answer = null;
        var dead = (await _host.DeliveriesAsync($"?state=dead&subscription={subscription}")).ToDictionary(static one => one.GetProperty("connection").GetString()!);
        Receiver.Taken.Clear();

        var replayed = await _host.PostAsync($"deliveries/{dead["con_1"].GetProperty("id").GetString()}/replay", null, HttpStatusCode.Accepted);
        var edited = await _host.PostAsync($"deliveries/{dead["con_2"].GetProperty("id").GetString()}/replay", new { data = new { connection = "con_2", note = "put right" } }, HttpStatusCode.Accepted);
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 2);
        await _host.SettleAsync();

        var asItIs = Receiver.Taken.Single(static request => request.Connection == "con_1");
        var anew = Receiver.Taken.Single(static request => request.Connection == "con_2");
        Assert.Equal(dead["con_1"].GetProperty("event").GetString(), asItIs.Id);
        Assert.Equal(dead["con_1"].GetProperty("id").GetString(), replayed.GetProperty("id").GetString());
        Assert.NotEqual(dead["con_2"].GetProperty("event").GetString(), anew.Id);
        Assert.Equal(dead["con_2"].GetProperty("event").GetString(), anew.Json.GetProperty("editedFrom").GetString());
        Assert.Equal("put right", anew.Data.GetProperty("note").GetString());
        Assert.Empty(await _host.DeliveriesAsync("?state=dead"));
        var canceled = Assert.Single(await _host.DeliveriesAsync("?state=canceled"));
        Assert.Equal($"It is sent edited, as {edited.GetProperty("id").GetString()}.", canceled.GetProperty("reason").GetString());
        var view = await _host.GetAsync($"deliveries/{replayed.GetProperty("id").GetString()}");
        Assert.Equal(11, view.GetProperty("history").GetArrayLength());
        Assert.Equal("order.created", view.GetProperty("payload").GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.Undefined, view.GetProperty("history")[10].TryGetProperty("reason", out var none) ? none.ValueKind : default);
    }

    [Fact]
    public async Task All_that_is_dead_of_a_subscription_can_be_replayed_at_once_in_order()
    {
        var subscription = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        Receiver.Answer = (_, _) => Task.FromResult(500);
        await _host.TellAsync("con_1", "order.created", "order.updated", "order.updated");
        await _host.PassAsync(TimeSpan.FromDays(11));
        Assert.Equal(3, (await _host.DeliveriesAsync("?state=dead")).Count);
        var ids = Receiver.Requests.Select(static request => request.Id).Distinct().ToList();
        Receiver.Answer = null;

        Assert.Equal(3, (await _host.PostAsync($"subscriptions/{subscription}/replay", null, HttpStatusCode.Accepted)).GetProperty("count").GetInt32());
        await _host.EventuallyAsync(() => Receiver.Taken.Count == 3);

        Assert.Equal(ids, Receiver.Taken.Select(static request => request.Id));
    }

    [Fact]
    public async Task Who_asked_to_wait_is_left_alone_also_where_another_event_that_was_on_its_way_was_taken()
    {
        await _host.SubscribeAsync();
        var refused = new TaskCompletionSource();
        Receiver.Answer = async (request, context) =>
        {
            if (request.Connection == "con_1")
            {
                context.Response.Headers.RetryAfter = "60";
                return 429;
            }

            await refused.Task;
            return 200;
        };
        await _host.TellAsync("con_1", "order.created");
        await _host.TellAsync("con_2", "order.created");
        await _host.EventuallyAsync(() => Receiver.Requests.Count == 2);
        await _host.EventuallyAsync(async () => (await _host.DeliveriesAsync()).Any(static one => one.TryGetProperty("status", out var status) && status.GetInt32() == 429));
        refused.SetResult();
        await _host.EventuallyAsync(async () => (await _host.DeliveriesAsync("?state=delivered")).Count == 1);
        await _host.TellAsync("con_3", "order.created");

        await _host.PassAsync(TimeSpan.FromSeconds(50));
        Assert.Equal(2, Receiver.Requests.Count);
        await _host.PassAsync(TimeSpan.FromSeconds(12));
        await _host.EventuallyAsync(() => Receiver.Taken.Any(static request => request.Connection == "con_3"));
    }

    [Fact]
    public async Task A_delivery_that_is_sent_edited_is_neither_edited_nor_sent_a_second_time()
    {
        await _host.SubscribeAsync();
        Receiver.Answer = static (_, _) => Task.FromResult(422);
        await _host.TellAsync("con_1", "order.created");
        await _host.PassAsync(TimeSpan.FromDays(4));
        Receiver.Answer = null;
        var dead = Assert.Single(await _host.DeliveriesAsync("?state=dead")).GetProperty("id").GetString();
        await _host.PostAsync($"deliveries/{dead}/replay", new { data = new { note = "put right" } }, HttpStatusCode.Accepted);

        var again = await _host.PostAsync($"deliveries/{dead}/replay", new { data = new { note = "put right twice" } }, HttpStatusCode.Conflict);
        await _host.PostAsync($"deliveries/{dead}/replay", null, HttpStatusCode.Conflict);
        await _host.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal("delivery_canceled", again.GetProperty("code").GetString());
        Assert.Equal("put right", Assert.Single(Receiver.Taken).Data.GetProperty("note").GetString());
    }
}
