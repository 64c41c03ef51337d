using System.Collections.Concurrent;
using Sous.Plugins.Host.Tests.Authorization;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>Invariant 26 over a day and a half without the platform.</summary>
public sealed class OutageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_36_hours_without_the_platform_and_a_kill_amid_them_everything_arrives_in_order_without_a_gap()
    {
        await using var host = await Deliverer.StartAsync();
        var secret = (await host.SubscribeAsync()).GetProperty("secret").GetString()!;
        var ids = new ConcurrentDictionary<string, string>();
        var unsigned = new ConcurrentBag<string>();
        var down = true;
        host.Receiver.Answer = (request, _) =>
        {
            if (!request.IsSignedBy(secret, host.App.Clock.GetUtcNow()))
            {
                unsigned.Add(request.Id);
            }

            ids.GetOrAdd(request.Id, $"{request.Connection} {request.Data.GetProperty("sequence").GetInt64()}");
            return Task.FromResult(down ? 502 : 200);
        };
        for (var hour = 0; hour < 36; hour++)
        {
            await host.TellAsync($"con_{hour % 3}", "order.created", "order.updated");
            await host.PassAsync(TimeSpan.FromHours(1));
            if (hour == 17)
            {
                // Amid an attempt: what the platform answers is never noted.
                var asked = new TaskCompletionSource();
                var answer = host.Receiver.Answer;
                host.Receiver.Answer = async (request, context) =>
                {
                    asked.TrySetResult();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return 200;
                };
                await host.TellAsync("con_fresh", "order.created");
                await host.EventuallyAsync(() => asked.Task.IsCompleted);
                await host.App.RestartAsync(() => host.Receiver.Answer = answer);
            }
        }

        host.Receiver.Taken.Clear();
        down = false;
        await host.PassAsync(TimeSpan.FromHours(24));

        // Each of the 73 once or more, those of a connection in the order in which they happened.
        Assert.Equal(73, host.Receiver.Taken.Select(static request => request.Id).Distinct().Count());
        Assert.Equal(73, ids.Count);
        Assert.Equal(73, ids.Values.Distinct().Count());
        foreach (var lane in host.Receiver.Taken.GroupBy(static request => request.Connection))
        {
            var sequences = lane.Select(static request => request.Data.GetProperty("sequence").GetInt64()).ToList();
            Assert.Equal(sequences.Distinct().Order(), sequences.Distinct());
        }

        Assert.Empty(unsigned);
        Assert.Empty(await host.DeliveriesAsync("?state=dead"));
        Assert.Empty(await host.DeliveriesAsync("?state=pending"));
    }

    [Fact]
    public async Task Once_the_platform_answers_again_nothing_waits_for_the_rest_of_its_schedule()
    {
        await using var host = await Deliverer.StartAsync();
        await host.SubscribeAsync();
        host.Receiver.Answer = static (_, _) => Task.FromResult(503);
        await host.TellAsync("con_1", "order.created", "order.updated");
        await host.PassAsync(TimeSpan.FromHours(20));
        host.Receiver.Answer = null;

        await host.TellAsync("con_2", "order.created");
        await host.EventuallyAsync(() => host.Receiver.Taken.Count == 3);

        Assert.Equal(["order.created", "order.created", "order.updated"], host.Receiver.TakenTypes);
    }

    [Fact]
    public async Task What_a_receiver_took_and_the_host_did_not_live_to_note_comes_again_under_the_same_id()
    {
        await using var host = await Deliverer.StartAsync();
        await host.SubscribeAsync();
        var asked = new TaskCompletionSource();
        host.Receiver.Answer = async (_, context) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 200;
        };
        await host.TellAsync("con_1", "order.created", "order.updated");
        await host.EventuallyAsync(() => asked.Task.IsCompleted);
        await host.App.RestartAsync(() => host.Receiver.Answer = null);
        await host.EventuallyAsync(() => host.Receiver.Requests.Count >= 3 && host.Receiver.TakenTypes.Contains("order.updated"));

        var first = host.Receiver.Requests.Where(static request => request.Type == "order.created").ToList();
        Assert.Equal(2, first.Count);
        Assert.Single(first.Select(static request => request.Id).Distinct());
    }

    [Fact]
    public async Task A_restored_copy_delivers_nothing_until_it_is_adopted()
    {
        await using var host = await Deliverer.StartAsync();
        await host.SubscribeAsync();
        host.Receiver.Answer = static (_, _) => Task.FromResult(503);
        await host.TellAsync("con_1", "order.created");
        await host.EventuallyAsync(() => !host.Receiver.Requests.IsEmpty);
        var backup = await host.App.BackUpAsync();
        await host.App.RestoreAsync(backup);
        host.Receiver.Answer = null;
        host.Receiver.Requests.Clear();
        for (var hour = 0; hour < 12; hour++)
        {
            host.App.Clock.Advance(TimeSpan.FromHours(1));
            await Task.Delay(10, Token);
        }

        Assert.Empty(host.Receiver.Requests);
        using var adopted = await host.App.Admin.PostAsync("/api/v1/adopt", null, Token);
        Assert.True(adopted.IsSuccessStatusCode);
        await host.EventuallyAsync(() => host.Receiver.Taken.Count == 2);

        // The copy's log begins anew: nobody knows what the host of before told after the backup.
        Assert.Equal(["events.missed", "order.created"], host.Receiver.TakenTypes.Order());
    }

    [Fact]
    public async Task A_platform_that_asks_for_half_a_minute_again_and_again_for_36_hours_loses_nothing()
    {
        await using var host = await Deliverer.StartAsync();
        await host.SubscribeAsync();
        host.Receiver.Answer = static (_, context) =>
        {
            context.Response.Headers.RetryAfter = "30";
            return Task.FromResult(503);
        };
        await host.TellAsync("con_1", "order.created", "order.updated");
        await host.TellAsync("con_2", "order.created");
        await host.PassAsync(TimeSpan.FromHours(36));
        Assert.Empty(await host.DeliveriesAsync("?state=dead"));
        // Asked every half minute it would be some 4,000 times.
        Assert.InRange(host.Receiver.Requests.Count, 80, 250);
        host.Receiver.Answer = null;

        await host.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal(["order.created", "order.created", "order.updated"], host.Receiver.TakenTypes.Order());
    }

    [Fact]
    public async Task What_waited_for_days_outlives_an_outage_that_is_over_within_the_hour()
    {
        await using var host = await Deliverer.StartAsync();
        var subscription = (await host.SubscribeAsync()).GetProperty("id").GetString()!;
        host.Receiver.Answer = static (_, _) => Task.FromResult(500);
        await host.TellAsync("con_1", [.. Enumerable.Repeat("order.updated", 40)]);
        await host.PassAsync(TimeSpan.FromHours(90));
        var dead = (await host.DeliveriesAsync("?state=dead")).Count;
        await host.PassAsync(TimeSpan.FromMinutes(30));
        host.Receiver.Answer = null;
        await host.PassAsync(TimeSpan.FromHours(1));

        // Those behind the first are old by then: tried once each they would all be gone within a second.
        Assert.InRange(dead, 1, 15);
        Assert.InRange((await host.GetAsync($"subscriptions/{subscription}")).GetProperty("dead").GetInt32(), dead, dead + 2);
        Assert.InRange(host.Receiver.Taken.Count, 38 - dead, 40 - dead);
    }

    [Fact]
    public async Task What_waits_is_kept_for_as_long_as_it_waits()
    {
        await using var host = await Deliverer.StartAsync();
        var subscription = (await host.SubscribeAsync()).GetProperty("id").GetString()!;
        host.Receiver.Answer = static (_, _) => Task.FromResult(410);
        await host.TellAsync("con_1", "order.created", "order.updated");
        await host.EventuallyAsync(async () => (await host.GetAsync($"subscriptions/{subscription}")).GetProperty("state").GetString() == "disabled");
        await host.SettleAsync();
        for (var day = 0; day < 40; day++)
        {
            await host.PassAsync(TimeSpan.FromDays(1));
        }

        // Enabled amid an outage: what waited begins its schedule anew.
        host.Receiver.Answer = static (_, _) => Task.FromResult(502);
        await host.PostAsync($"subscriptions/{subscription}/enable", null, System.Net.HttpStatusCode.OK);
        await host.PassAsync(TimeSpan.FromHours(12));
        host.Receiver.Answer = null;
        await host.PassAsync(TimeSpan.FromHours(12));

        Assert.Equal(["order.created", "order.updated"], host.Receiver.TakenTypes.Where(static type => type.StartsWith("order.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_clock_that_was_months_ahead_keeps_nothing_waiting_once_it_is_right_again()
    {
        await using var host = await Deliverer.StartAsync();
        await host.SubscribeAsync();
        host.Receiver.Answer = static (_, context) =>
        {
            context.Response.Headers.RetryAfter = "600";
            return Task.FromResult(503);
        };
        var right = host.App.Clock.GetUtcNow();
        host.App.Clock.AdjustTime(right + TimeSpan.FromDays(120));
        await host.TellAsync("con_1", "order.created");
        await host.EventuallyAsync(async () => (await host.DeliveriesAsync()) is [var one] && one.GetProperty("attempts").GetInt32() == 1);
        host.App.Clock.AdjustTime(right);
        host.Receiver.Answer = null;
        host.App.Clock.Advance(TimeSpan.FromHours(2));

        await host.EventuallyAsync(() => host.Receiver.Taken.Count == 1);
    }
}
