using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SquareOrdersRuleTests(SquareFixture square) : IClassFixture<SquareFixture>
{
    private const string Early = "2020-01-01T00:00:00Z";

    private SquareCaller Caller => square.Caller;

    [Theory]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(1000)]
    [InlineData(7)]
    public async Task Pages_of_any_size_give_every_order_once_and_in_order(int limit)
    {
        var locations = limit == 7 ? [SquareFixture.Locations[3]] : SquareFixture.Locations;
        var orders = await Caller.AllOrdersAsync(locations, limit);

        var truth = square.Simulator.Truth.Locations.Where(l => locations.Contains(l.Id)).SelectMany(l => l.OrderIds);
        Assert.Equal(truth.Order(StringComparer.Ordinal), orders.Select(Id).Order(StringComparer.Ordinal));
        Assert.Equal(orders.Select(Updated).Order(), orders.Select(Updated));
    }

    [Fact]
    public async Task The_sort_field_must_be_the_filtered_field()
    {
        var mismatch = await SearchAsync(new { updated_at = new { start_at = Early } }, new { sort_field = "CREATED_AT" });
        var defaulted = await SearchAsync(new { updated_at = new { start_at = Early } }, sort: null);

        Assert.Equal((400, "BAD_REQUEST"), (mismatch.Status, mismatch.ErrorCode));
        Assert.Equal(400, defaulted.Status);
    }

    [Fact]
    public async Task Without_a_sort_the_newest_creation_comes_first()
    {
        var reply = await Caller.PostAsync("/v2/orders/search", new { location_ids = SquareFixture.Locations });

        var created = reply.List("orders").Select(o => o.GetProperty("created_at").GetDateTimeOffset()).ToList();
        Assert.Equal(500, created.Count);
        Assert.Equal(created.OrderDescending(), created);
    }

    [Fact]
    public async Task Sorting_by_closing_needs_closed_states()
    {
        var sort = new { sort_field = "CLOSED_AT", sort_order = "ASC" };
        var without = await SearchAsync(new { closed_at = new { start_at = Early } }, sort);
        var open = await SearchAsync(new { closed_at = new { start_at = Early } }, sort, ["COMPLETED", "OPEN"]);
        var closed = await SearchAsync(new { closed_at = new { start_at = Early } }, sort, ["COMPLETED", "CANCELED"]);

        Assert.Equal((400, 400, 200), (without.Status, open.Status, closed.Status));
    }

    [Fact]
    public async Task Exactly_one_time_may_be_filtered()
    {
        var both = await SearchAsync(new { created_at = new { start_at = Early }, updated_at = new { start_at = Early } }, new { sort_field = "UPDATED_AT" });
        var none = await SearchAsync(new { }, new { sort_field = "UPDATED_AT" });

        Assert.Equal((400, 400), (both.Status, none.Status));
    }

    [Theory]
    [InlineData(0, 400)]
    [InlineData(10, 200)]
    [InlineData(11, 400)]
    public async Task From_one_to_ten_locations_are_taken(int count, int status)
    {
        var ids = Enumerable.Range(0, count).Select(i => SquareFixture.Locations[i % 5]).ToArray();

        Assert.Equal(status, (await Caller.PostAsync("/v2/orders/search", new { location_ids = ids })).Status);
    }

    [Theory]
    [InlineData(0, 400)]
    [InlineData(1, 200)]
    [InlineData(1000, 200)]
    [InlineData(1001, 400)]
    public async Task From_one_to_a_thousand_orders_make_a_page(int limit, int status) =>
        Assert.Equal(status, (await Caller.PostAsync("/v2/orders/search", new { location_ids = SquareFixture.Locations, limit })).Status);

    [Fact]
    public async Task Both_ends_of_the_range_are_inclusive()
    {
        var order = (await Caller.AllOrdersAsync(SquareFixture.Locations)).ElementAt(100);
        var at = order.GetProperty("updated_at").GetString();

        var hit = await SearchAsync(new { updated_at = new { start_at = at, end_at = at } }, new { sort_field = "UPDATED_AT" });

        Assert.Contains(Id(order), hit.List("orders").Select(Id));
    }

    [Fact]
    public async Task A_cursor_is_bound_to_its_query()
    {
        var sort = new { sort_field = "UPDATED_AT", sort_order = "ASC" };
        var first = await SearchAsync(new { updated_at = new { start_at = Early } }, sort);
        var same = await SearchAsync(new { updated_at = new { start_at = Early } }, sort, cursor: first.Cursor);
        var other = await SearchAsync(new { updated_at = new { start_at = "2021-01-01T00:00:00Z" } }, sort, cursor: first.Cursor);

        Assert.Equal(200, same.Status);
        Assert.Equal((400, "INVALID_CURSOR"), (other.Status, other.ErrorCode));
    }

    [Fact]
    public async Task An_absent_end_is_the_time_of_the_first_page()
    {
        var clock = new FakeTimeProvider(SquareFixture.Now);
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 300 }, clock, TestContext.Current.CancellationToken);
        using var caller = new SquareCaller(simulator);
        string? added = null;

        var orders = await SquareCaller.WalkAsync("orders", async cursor =>
        {
            if (cursor is not null && added is null)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                added = simulator.Changes.AddOrder(SquareFixture.Locations[0]);
            }

            return await SearchAsync(caller, new { updated_at = new { start_at = Early } }, new { sort_field = "UPDATED_AT", sort_order = "ASC" }, limit: 100, cursor: cursor);
        });

        Assert.NotNull(added);
        Assert.Equal(300, orders.Count);
        Assert.DoesNotContain(added, orders.Select(Id));
    }

    [Fact]
    public async Task Entries_stand_in_for_orders_when_asked_for()
    {
        var reply = await Caller.PostAsync("/v2/orders/search", new { location_ids = SquareFixture.Locations, return_entries = true });

        Assert.Equal(500, reply.List("order_entries").Count());
        Assert.Empty(reply.List("orders"));
    }

    [Fact]
    public async Task A_batch_holds_at_most_a_hundred_ids_and_leaves_out_what_is_unknown()
    {
        var ids = square.Simulator.Truth.Locations[0].OrderIds.Take(100).ToList();

        var whole = await Caller.PostAsync("/v2/orders/batch-retrieve", new { order_ids = ids });
        var tooMany = await Caller.PostAsync("/v2/orders/batch-retrieve", new { order_ids = ids.Append("one more") });
        var unknown = await Caller.PostAsync("/v2/orders/batch-retrieve", new { order_ids = new[] { ids[0], "none" } });

        Assert.Equal(ids.Order(), whole.List("orders").Select(Id).Order());
        Assert.Equal(400, tooMany.Status);
        Assert.Equal([ids[0]], unknown.List("orders").Select(Id));
    }

    private static string? Id(JsonElement order) => order.GetProperty("id").GetString();

    private static DateTimeOffset Updated(JsonElement order) => order.GetProperty("updated_at").GetDateTimeOffset();

    private Task<SquareReply> SearchAsync(object filter, object? sort, string[]? states = null, string? cursor = null) => SearchAsync(Caller, filter, sort, states, null, cursor);

    private static Task<SquareReply> SearchAsync(SquareCaller caller, object filter, object? sort, string[]? states = null, int? limit = null, string? cursor = null) =>
        caller.PostAsync("/v2/orders/search", new
        {
            location_ids = SquareFixture.Locations,
            limit,
            cursor,
            query = new { filter = new { date_time_filter = filter, state_filter = states is null ? null : new { states } }, sort },
        });
}
