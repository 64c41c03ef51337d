using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SquareCatalogRuleTests(SquareFixture square) : IClassFixture<SquareFixture>
{
    private static readonly string[] NestedTypes = ["ITEM", "CATEGORY", "TAX", "DISCOUNT", "MODIFIER_LIST", "MEASUREMENT_UNIT", "ITEM_VARIATION", "MODIFIER"];

    [Fact]
    public async Task Deleted_objects_come_only_when_asked_for_and_never_in_a_list()
    {
        var standing = await SearchAsync(square.Caller, new { object_types = NestedTypes, limit = 1000 });
        var all = await SearchAsync(square.Caller, new { object_types = NestedTypes, limit = 1000, include_deleted_objects = true });
        var listed = await SquareCaller.WalkAsync("objects", cursor =>
            square.Caller.GetAsync($"/v2/catalog/list?types={string.Join(',', NestedTypes).ToLowerInvariant()}{(cursor is null ? "" : $"&cursor={cursor}")}"));

        var truth = square.Simulator.Truth;
        Assert.NotEmpty(truth.DeletedCatalogIds);
        Assert.Equal(truth.CatalogIds.Order(), standing.List("objects").Select(Id).Order());
        Assert.Equal(truth.CatalogIds.Order(), listed.Select(Id).Order());
        Assert.Equal(truth.DeletedCatalogIds.Order(), all.List("objects").Where(o => o.GetProperty("is_deleted").GetBoolean()).Select(Id).Order());
    }

    [Fact]
    public async Task Nested_types_are_not_among_the_default_ones()
    {
        var types = (await SearchAsync(square.Caller, new { limit = 1000 })).List("objects").Select(o => o.GetProperty("type").GetString()).Distinct();

        Assert.Equal(["CATEGORY", "DISCOUNT", "ITEM", "MEASUREMENT_UNIT", "MODIFIER_LIST", "TAX"], types.Order());
    }

    [Fact]
    public async Task The_begin_time_is_exclusive()
    {
        var newest = (await SearchAsync(square.Caller, new { limit = 1000, include_deleted_objects = true })).List("objects").MaxBy(o => o.GetProperty("updated_at").GetDateTimeOffset());
        var at = newest.GetProperty("updated_at").GetDateTimeOffset();

        var same = await SearchAsync(square.Caller, new { begin_time = at, include_deleted_objects = true });
        var justBefore = await SearchAsync(square.Caller, new { begin_time = at.AddMilliseconds(-1), include_deleted_objects = true });

        Assert.Empty(same.List("objects"));
        Assert.Contains(Id(newest), justBefore.List("objects").Select(Id));
    }

    [Fact]
    public async Task Deleted_objects_and_paths_to_root_exclude_each_other()
    {
        var reply = await SearchAsync(square.Caller, new { include_deleted_objects = true, include_category_path_to_root = true });

        Assert.Equal(400, reply.Status);
    }

    [Fact]
    public async Task A_change_during_the_walk_is_found_by_the_next_one()
    {
        var clock = new FakeTimeProvider(SquareFixture.Now);
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 0 }, clock, TestContext.Current.CancellationToken);
        using var caller = new SquareCaller(simulator);
        var (renamed, deleted) = (simulator.Changes.ItemIds[0], simulator.Changes.ItemIds[1]);
        string? latest = null;
        await SquareCaller.WalkAsync("objects", async cursor =>
        {
            if (cursor is not null && latest is null)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                simulator.Changes.RenameItem(renamed, "Renamed");
                simulator.Changes.DeleteItem(deleted);
            }

            var page = await SearchAsync(caller, new { object_types = NestedTypes, include_deleted_objects = true, cursor });
            latest = cursor is null ? null : page.Member("latest_time");
            return page;
        });

        var next = (await SearchAsync(caller, new { object_types = NestedTypes, include_deleted_objects = true, begin_time = latest })).List("objects").ToList();

        Assert.Equal("Renamed", next.Single(o => Id(o) == renamed).GetProperty("item_data").GetProperty("name").GetString());
        Assert.True(next.Single(o => Id(o) == deleted).GetProperty("is_deleted").GetBoolean());
        Assert.Contains(next, o => o.GetProperty("type").GetString() == "ITEM_VARIATION" && o.GetProperty("is_deleted").GetBoolean());
        Assert.Equal(404, (await caller.GetAsync($"/v2/catalog/object/{deleted}")).Status);
    }

    private static string? Id(JsonElement record) => record.GetProperty("id").GetString();

    private static Task<SquareReply> SearchAsync(SquareCaller caller, object body) => caller.PostAsync("/v2/catalog/search", body);
}
