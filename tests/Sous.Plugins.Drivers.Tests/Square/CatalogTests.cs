using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class CatalogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_checkpoint_the_whole_catalogue_is_listed_once_and_the_listing_ends()
    {
        await using var kit = await SquareKit.StartAsync(0);

        var pages = await CatalogAsync(kit);

        var listed = pages.SelectMany(page => page.Changes).ToList();
        Assert.Equal(listed.Count, pages.Ids().Distinct().Count());
        Assert.All(pages.SkipLast(1), page => Assert.Equal(Listing.Part, page.Listing));
        Assert.Equal(Listing.End, pages[^1].Listing);
        Assert.Equal(kit.Square.Changes.ItemIds.Order(), listed.Where(c => c.Record is CatalogItem).Select(c => c.Id).Order());
        Assert.Contains(listed, change => change.Record is Category { ParentId: not null });
        Assert.Contains(listed, change => change.Record is ModifierGroup { Options.Count: > 0 });
        Assert.All(listed.Select(c => c.Record).OfType<CatalogItem>(), item => Assert.True(item is { Active: true, Variations.Count: > 0, CategoryIds.Count: 1 }, item.Name));
        Assert.Contains(listed.Select(c => c.Record).OfType<CatalogItem>(), item => item.LocationIds is { Count: > 0 });
        Assert.Contains(listed.Select(c => c.Record).OfType<CatalogItem>().SelectMany(i => i.Variations), v => v is { PriceKind: PriceKind.Fixed, Price.Currency: "USD" } && v.LocationPrices?.Values.Any(p => p.Currency == "JPY") == true);
        Assert.Contains(listed.Select(c => c.Record).OfType<CatalogItem>().SelectMany(i => i.Variations), v => v is { PriceKind: PriceKind.Open, Price: null });
    }

    [Fact]
    public async Task After_it_only_what_changed_comes_and_what_was_deleted_is_told()
    {
        await using var kit = await SquareKit.StartAsync(0);
        var first = await CatalogAsync(kit);
        kit.Clock.Advance(TimeSpan.FromDays(1));
        var quiet = await CatalogAsync(kit, first.End());
        var items = kit.Square.Changes.ItemIds;
        kit.Square.Changes.RenameItem(items[0], "Renamed");
        kit.Square.Changes.DeleteItem(items[1]);

        var second = await CatalogAsync(kit, quiet.End());
        var third = await CatalogAsync(kit, second.End());

        Assert.Empty(quiet.Ids());
        Assert.Equal(quiet.End(), first.End());
        var changes = second.SelectMany(page => page.Changes).ToList();
        Assert.Equal(2, changes.Count);
        Assert.Equal("Renamed", Assert.Single(changes, c => c.Kind == ChangeKind.Upsert && c.Id == items[0]).Record!.Name);
        Assert.Single(changes, c => c.Kind == ChangeKind.Delete && c.Id == items[1]);
        Assert.All(second, page => Assert.Equal(Listing.None, page.Listing));
        Assert.Empty(third.Ids());
    }

    [Fact]
    public async Task What_changes_during_the_listing_comes_with_the_next_sync()
    {
        await using var kit = await SquareKit.StartAsync(0);
        var item = kit.Square.Changes.ItemIds[0];
        kit.Requests.Before = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v2/catalog/list")
            {
                kit.Requests.Before = null;
                kit.Clock.Advance(TimeSpan.FromSeconds(1));
                kit.Square.Changes.RenameItem(item, "While listing");
            }

            return Task.CompletedTask;
        };
        var first = await CatalogAsync(kit);

        Assert.Equal([item], (await CatalogAsync(kit, first.End())).Ids());
    }

    [Fact]
    public async Task A_listing_taken_up_at_any_page_is_complete()
    {
        const string page = """{"objects":[{"type":"CATEGORY","id":"C@","category_data":{"name":"@"}}]""";
        string Page(int number) => page.Replace("@", $"{number}", StringComparison.Ordinal) + (number < 4 ? $",\"cursor\":\"{number + 1}\"}}" : "}");
        var square = new ScriptedSquare().On("POST /v2/catalog/search", """{"objects":[{"type":"CATEGORY","id":"C0"},{"type":"CATEGORY","id":"C1"},{"type":"CATEGORY","id":"C2"},{"type":"CATEGORY","id":"C3"},{"type":"CATEGORY","id":"C4"}],"latest_time":"2025-11-01T00:00:00.000Z"}""");
        for (var number = 4; number > 0; number--)
        {
            square.On($"GET /v2/catalog/list?types=ITEM,CATEGORY,MODIFIER_LIST&cursor={number}", Page(number));
        }

        square.On("GET /v2/catalog/list", Page(0));
        var whole = await CatalogAsync(square);
        for (var i = 0; i < whole.Count - 1; i++)
        {
            // Its end can be held against a search only where all of it was seen: it is then gone through once more.
            Assert.Equal(whole.Ids(), whole.Take(i + 1).Concat(await CatalogAsync(square, whole[i].Next)).Ids().Distinct());
        }

        Assert.Equal(["C0", "C1", "C2", "C3", "C4"], whole.Ids());
        Assert.Contains("2025-11-01T00:00:00.000Z", whole.End().Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variation_that_changed_alone_brings_its_item()
    {
        var square = new ScriptedSquare()
            .On("POST /v2/catalog/search", """{"objects":[{"type":"ITEM_VARIATION","id":"V1","item_variation_data":{"item_id":"I1","name":"Large"}}],"latest_time":"2025-11-02T00:00:00.000Z"}""")
            .On("POST /v2/catalog/batch-retrieve", """{"objects":[{"type":"ITEM","id":"I1","version":5,"present_at_all_locations":true,"absent_at_location_ids":["L2"],"item_data":{"name":"Soup","is_archived":true,"categories":[{"id":"C1"}],"variations":[{"type":"ITEM_VARIATION","id":"V1","item_variation_data":{"name":"Large","upc":"0123","pricing_type":"BY_MOON","price_money":{"amount":900,"currency":"USD"}}}]}}]}""")
            .On("GET /v2/locations", """{"locations":[{"id":"L1"},{"id":"L2"},{"id":"L3"}]}""");
        var from = new Checkpoint("""{"v":1,"since":"2025-11-01T00:00:00.000Z","listing":false,"round":0}""");

        var item = Assert.IsType<CatalogItem>(Assert.Single((await CatalogAsync(square, from)).SelectMany(page => page.Changes)).Record);

        Assert.Equal(("I1", "5", "Soup", false), (item.Ref.Id, item.Ref.Version, item.Name, item.Active));
        Assert.Equal(["L1", "L3"], item.LocationIds);
        Assert.Equal((PriceKind.Rule, "0123", 900), (item.Variations[0].PriceKind, item.Variations[0].Barcode, item.Variations[0].Price!.Value.Minor));
        var search = JsonElement.Parse(square.Calls[0]["POST /v2/catalog/search ".Length..]);
        Assert.Equal(("2025-11-01T00:00:00.000Z", true), (search.GetProperty("begin_time").GetString(), search.GetProperty("include_deleted_objects").GetBoolean()));
    }

    [Fact]
    public async Task A_cursor_that_comes_again_is_not_believed()
    {
        var square = new ScriptedSquare().On("GET /v2/catalog/list", """{"objects":[],"cursor":"123"}""");

        var failure = await Assert.ThrowsAsync<DriverException>(() => CatalogAsync(square));

        Assert.Equal(FailureKind.Transient, failure.Kind);
    }

    private static Task<List<SyncPage<CatalogEntry>>> CatalogAsync(SquareKit kit, Checkpoint? from = null)
        => kit.Driver.FetchCatalogAsync(new CatalogRequest { From = from, Currency = "USD" }, Token).ToListAsync(Token).AsTask();

    private static Task<List<SyncPage<CatalogEntry>>> CatalogAsync(ScriptedSquare square, Checkpoint? from = null)
        => square.Driver.FetchCatalogAsync(new CatalogRequest { From = from }, Token).ToListAsync(Token).AsTask();
}
