using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SquareChaosTests : IAsyncLifetime
{
    private SquareSimulator _square = null!;
    private SquareCaller _caller = null!;

    public async ValueTask InitializeAsync()
    {
        _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 300 }, new FakeTimeProvider(SquareFixture.Now), TestContext.Current.CancellationToken);
        _caller = new SquareCaller(_square);
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _square.DisposeAsync();
    }

    [Fact]
    public async Task Every_nth_request_is_hit_and_the_others_are_not()
    {
        _square.Chaos = new Chaos { RateLimitEvery = 3, RetryAfterSeconds = 7, ServerErrorEvery = 4, ServerErrorStatus = 502 };

        var replies = new List<SquareReply>();
        for (var i = 0; i < 6; i++)
        {
            replies.Add(await _caller.GetAsync("/v2/locations"));
        }

        Assert.Equal([200, 200, 429, 502, 200, 429], replies.Select(r => r.Status));
        Assert.Equal(("7", "RATE_LIMITED", "BAD_GATEWAY"), (replies[2].RetryAfter, replies[2].ErrorCode, replies[3].ErrorCode));
    }

    [Fact]
    public async Task A_truncated_or_reset_answer_fails_in_the_client()
    {
        _square.Chaos = new Chaos { TruncateEvery = 1 };
        await Assert.ThrowsAsync<HttpRequestException>(() => PageAsync(null));

        _square.Chaos = new Chaos { ResetEvery = 1 };
        await Assert.ThrowsAsync<HttpRequestException>(() => PageAsync(null));
    }

    [Fact]
    public async Task A_cursor_can_stand_still_come_back_or_be_missing()
    {
        var first = (await PageAsync(null)).Cursor;

        _square.Chaos = new Chaos { CursorStandsStill = true };
        Assert.Equal(first, (await PageAsync(first)).Cursor);

        _square.Chaos = new Chaos { RepeatCursor = true };
        var one = (await PageAsync(null)).Cursor;
        var two = (await PageAsync(one)).Cursor;
        Assert.NotEqual(one, two);
        Assert.Equal(one, (await PageAsync(two)).Cursor);

        _square.Chaos = new Chaos { DropCursor = true };
        Assert.Null((await PageAsync(null)).Cursor);
    }

    [Fact]
    public async Task A_sort_order_can_be_ignored()
    {
        _square.Chaos = new Chaos { IgnoreSortOrder = true };

        var updated = (await PageAsync(null)).List("orders").Select(o => o.GetProperty("updated_at").GetDateTimeOffset()).ToList();

        Assert.Equal(updated.OrderDescending(), updated);
    }

    [Fact]
    public async Task It_is_set_and_told_over_http_too()
    {
        await _caller.PostAsync("/_simulator/chaos", new { serverErrorEvery = 1, latency = "00:00:00", tokenEndpoint = "html" });

        Assert.Equal(503, (await _caller.GetAsync("/v2/locations")).Status);
        Assert.Equal(TokenEndpointMode.Html, _square.Chaos.TokenEndpoint);
        Assert.Equal(1, (await _caller.GetAsync("/_simulator/chaos")).Json.GetProperty("serverErrorEvery").GetInt32());
    }

    [Fact]
    public async Task Live_changes_and_truth_answer_over_http_too()
    {
        var added = (await _caller.PostAsync("/_simulator/orders", new { locationId = "LKOYATOKYO004", open = true })).Member("orderId");
        var paid = await _caller.PostAsync($"/_simulator/orders/{added}/pay", new { });
        var returned = (await _caller.PostAsync($"/_simulator/orders/{added}/refund", new { minor = 100 })).Member("orderId");
        var wrong = await _caller.PostAsync("/_simulator/orders", new { locationId = "nowhere" });

        var truth = (await _caller.GetAsync("/_simulator/truth?closeOutHour=5")).Json.GetProperty("locations").EnumerateArray()
            .Single(l => l.GetProperty("location").GetProperty("id").GetString() == "LKOYATOKYO004");
        var ids = truth.GetProperty("location").GetProperty("orderIds").EnumerateArray().Select(id => id.GetString()).ToList();
        Assert.Equal((204, 400), (paid.Status, wrong.Status));
        Assert.Contains(added, ids);
        Assert.Contains(returned, ids);
        Assert.NotEqual(0, truth.GetProperty("days").GetArrayLength());
    }

    private Task<SquareReply> PageAsync(string? cursor) => _caller.PostAsync("/v2/orders/search", new
    {
        location_ids = SquareFixture.Locations,
        limit = 50,
        cursor,
        query = new { filter = new { date_time_filter = new { updated_at = new { start_at = "2020-01-01T00:00:00Z" } } }, sort = new { sort_field = "UPDATED_AT", sort_order = "ASC" } },
    });
}
