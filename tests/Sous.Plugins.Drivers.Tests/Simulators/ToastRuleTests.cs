using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>The rules by which Toast answers, as its documentation has them.</summary>
public sealed class ToastRuleTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2025, 11, 20, 15, 0, 0, TimeSpan.Zero));
    private ToastSimulator _toast = null!;
    private ToastCaller _caller = null!;

    private string Boston => _toast.Truth.Restaurants[0].Id;

    public async ValueTask InitializeAsync()
    {
        _toast = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 300, Days = 30 }, _clock, TestContext.Current.CancellationToken);
        _caller = new ToastCaller(_toast);
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _toast.DisposeAsync();
    }

    [Fact]
    public async Task The_same_token_comes_until_its_last_minute_and_a_third_login_within_an_hour_is_refused()
    {
        var first = await LogInAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        var second = await LogInAsync();
        var third = await LogInAsync();
        _clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(50));
        var last = await LogInAsync();

        Assert.Equal((200, 200, 429, 200), (first.Status, second.Status, third.Status, last.Status));
        Assert.Equal(AccessToken(first), AccessToken(second));
        Assert.NotEqual(AccessToken(first), AccessToken(last));
        Assert.Equal((86_400, 85_800), (first.Json.GetProperty("token").GetProperty("expiresIn").GetInt32(), second.Json.GetProperty("token").GetProperty("expiresIn").GetInt32()));
        Assert.Equal(3, AccessToken(first).Split('.').Length);
    }

    [Fact]
    public async Task Wrong_credentials_and_dead_tokens_are_refused_in_Toasts_envelope()
    {
        var wrong = await _caller.LogInAsync(_toast.Options.ClientId, "guess");
        _toast.ExpireToken();
        var dead = await _caller.GetAsync("/partners/v1/restaurants");

        Assert.Equal((401, 401), (wrong.Status, dead.Status));
        Assert.Contains("not valid", wrong.Json.GetProperty("message").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101", null, 400)]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101", "nonsense", 400)]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101", "own", 200)]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101", "unconnected", 403)]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101", "5ff8b7a1-5f6f-4f0a-9d6f-2a7f0c1d2e3f", 403)]
    [InlineData("/orders/v2/ordersBulk", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?businessDate=2025-11-01", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?startDate=2025-11-01T00:00:00.000%2B0000&endDate=2025-12-01T00:00:00.000%2B0000", "own", 200)]
    [InlineData("/orders/v2/ordersBulk?startDate=2025-11-01T00:00:00.000%2B0000&endDate=2025-12-01T00:00:00.001%2B0000", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?startDate=2025-11-01T00:00:00.000%2B0000&endDate=2025-11-01T00:00:00.000%2B0000", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?startDate=2025-11-01T00:00:00.000+0000&endDate=2025-11-02T00:00:00.000+0000", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?startDate=2025-11-01T00:00:00Z&endDate=2025-11-02T00:00:00Z", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101&pageSize=101", "own", 400)]
    [InlineData("/orders/v2/ordersBulk?businessDate=20251101&page=0", "own", 400)]
    [InlineData("/orders/v2/orders/nonsense", "own", 400)]
    [InlineData("/orders/v2/orders/5ff8b7a1-5f6f-4f0a-9d6f-2a7f0c1d2e3f", "own", 404)]
    [InlineData("/orders/v2/payments", "own", 400)]
    [InlineData("/orders/v2/payments?paidBusinessDate=20251101&refundBusinessDate=20251101", "own", 400)]
    [InlineData("/orders/v2/payments/5ff8b7a1-5f6f-4f0a-9d6f-2a7f0c1d2e3f", "own", 404)]
    [InlineData("/menus/v2/menus", null, 400)]
    [InlineData("/menus/v2/metadata", "unconnected", 403)]
    [InlineData("/partners/v1/connectedRestaurants?pageSize=201", null, 400)]
    public async Task Each_demand_is_answered_by_its_rule(string path, string? restaurant, int status)
    {
        var named = restaurant switch { "own" => Boston, "unconnected" => _toast.Truth.Restaurants.Single(r => !r.Connected).Id, _ => restaurant };

        Assert.Equal(status, (await _caller.GetAsync(path, named)).Status);
    }

    [Fact]
    public async Task A_range_holds_its_first_instant_and_not_its_end()
    {
        var order = _toast.Changes.AddOrder(Boston);
        var at = _clock.GetUtcNow();

        var within = await _caller.OrdersAsync(Boston, at, at.AddMilliseconds(1));
        var before = await _caller.OrdersAsync(Boston, at.AddMilliseconds(-1), at);

        Assert.Equal(order, Assert.Single(within).GetProperty("guid").GetString());
        Assert.Empty(before);
    }

    [Fact]
    public async Task Pages_hold_every_order_once_and_name_the_next()
    {
        var truth = _toast.Truth.Restaurants[0];

        var orders = await _caller.OrdersAsync(Boston, _clock.GetUtcNow().AddDays(-31).AddHours(24), _clock.GetUtcNow().AddSeconds(1), 30);

        Assert.Equal(truth.OrderIds.Concat(truth.LeftOutIds).Order(), orders.Select(order => order.GetProperty("guid").GetString()!).Order());
        Assert.All(orders, order => Assert.Equal(order.GetProperty("deleted").GetBoolean() is false, order.GetProperty("deletedDate").GetString() == "1970-01-01T00:00:00.000+0000"));
    }

    [Fact]
    public async Task Six_lists_of_orders_a_second_are_one_too_many_for_a_restaurant_and_not_for_another()
    {
        var replies = new List<ToastReply>();
        for (var i = 0; i < 6; i++)
        {
            replies.Add(await _caller.GetAsync("/orders/v2/ordersBulk?businessDate=20251101", Boston));
        }

        var elsewhere = await _caller.GetAsync("/orders/v2/ordersBulk?businessDate=20251101", _toast.Truth.Restaurants[1].Id);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var later = await _caller.GetAsync("/orders/v2/ordersBulk?businessDate=20251101", Boston);

        Assert.Equal([200, 200, 200, 200, 200, 429, 200, 200], [.. replies.Select(r => r.Status), elsewhere.Status, later.Status]);
        Assert.Equal(("ENDPOINT", "0", "1"), (replies[5].Headers["X-Toast-RateLimit-By"], replies[5].Headers["X-Toast-RateLimit-Remaining"], replies[5].Headers["Retry-After"]));
        Assert.Equal($"{_clock.GetUtcNow().ToUnixTimeSeconds()}", replies[5].Headers["X-Toast-RateLimit-Reset"]);
    }

    [Fact]
    public async Task The_client_sees_two_owners_restaurants_page_by_page_and_never_one_that_let_nobody_in()
    {
        var all = (await _caller.GetAsync("/partners/v1/restaurants")).Json.EnumerateArray().Select(r => r.GetProperty("restaurantGuid").GetString()).ToList();
        var first = (await _caller.GetAsync("/partners/v1/connectedRestaurants?pageSize=4")).Json[0];
        var second = (await _caller.GetAsync($"/partners/v1/connectedRestaurants?pageSize=4&pageToken={first.GetProperty("nextPageToken").GetString()}")).Json[0];

        var paged = new[] { first, second }.SelectMany(page => page.GetProperty("results").EnumerateArray()).ToList();
        Assert.Equal(all, paged.Select(r => r.GetProperty("restaurantGuid").GetString()));
        Assert.Equal(_toast.Truth.Restaurants.Where(r => r.Connected).Select(r => r.Id), all);
        Assert.Equal(2, paged.Select(r => r.GetProperty("managementGroupGuid").GetString()).Distinct().Count());
        Assert.False(second.TryGetProperty("nextPageToken", out _));
    }

    [Fact]
    public async Task Connected_restaurants_come_as_a_list_of_one_page_or_as_the_page_itself()
    {
        await using var plain = await ToastSimulator.StartAsync(new ToastSimulatorOptions { Orders = 0, ConnectedAsObject = true }, _clock, TestContext.Current.CancellationToken);
        using var other = new ToastCaller(plain);

        var page = (await other.GetAsync("/partners/v1/connectedRestaurants")).Json;

        Assert.Equal((await _caller.GetAsync("/partners/v1/connectedRestaurants")).Json[0].GetRawText(), page.GetRawText());
    }

    [Fact]
    public async Task A_late_refund_stands_under_its_own_business_day_and_may_leave_the_orders_time_as_it_was()
    {
        var order = _toast.Changes.AddOrder(Boston);
        var before = await OrderAsync(order);
        _clock.Advance(TimeSpan.FromDays(3));
        _toast.Changes.RefundOrder(order, seen: false);
        _caller.Authorize(_toast.IssueToken());

        var after = await OrderAsync(order);
        var refunded = await _caller.GetAsync("/orders/v2/payments?refundBusinessDate=20251123", Boston);

        Assert.Equal(before.GetProperty("modifiedDate").GetString(), after.GetProperty("modifiedDate").GetString());
        var payment = after.GetProperty("checks")[0].GetProperty("payments")[0];
        Assert.Contains(payment.GetProperty("guid").GetString(), refunded.Json.EnumerateArray().Select(guid => guid.GetString()));
        Assert.Equal((20251123, "FULL"), (payment.GetProperty("refund").GetProperty("refundBusinessDate").GetInt32(), payment.GetProperty("refundStatus").GetString()));
    }

    [Fact]
    public async Task Chaos_reaches_every_answer_below_its_prefix()
    {
        _toast.Chaos = new Chaos { PathPrefix = "/menus/", ServerErrorEvery = 1, ServerErrorStatus = 403 };

        Assert.Equal(403, (await _caller.GetAsync("/menus/v2/metadata", Boston)).Status);
        Assert.Equal(200, (await _caller.GetAsync("/partners/v1/restaurants")).Status);
    }

    [Fact]
    public async Task Two_simulators_of_one_seed_serve_the_same_bytes()
    {
        await using var twin = await ToastSimulator.StartAsync(_toast.Options, new FakeTimeProvider(_clock.GetUtcNow()), TestContext.Current.CancellationToken);
        using var other = new ToastCaller(twin);

        var (from, to) = (_clock.GetUtcNow().AddDays(-25), _clock.GetUtcNow());

        Assert.Equal((await _caller.OrdersAsync(Boston, from, to)).Select(o => o.GetRawText()), (await other.OrdersAsync(Boston, from, to)).Select(o => o.GetRawText()));
    }

    private static string AccessToken(ToastReply reply) => reply.Json.GetProperty("token").GetProperty("accessToken").GetString()!;

    private Task<ToastReply> LogInAsync() => _caller.LogInAsync(_toast.Options.ClientId, _toast.ClientSecret);

    private async Task<System.Text.Json.JsonElement> OrderAsync(string order) => (await _caller.GetAsync($"/orders/v2/orders/{order}", Boston)).Json;
}
