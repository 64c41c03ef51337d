using System.Globalization;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

public sealed class CatalogTests
{
    private const string Businesses = """
        {"_embedded":{"businessList":[{"businessId":1,"businessName":"B","currencyCode":"EUR","businessLocations":[{"blID":10,"blName":"One","timezone":"Europe/Madrid"},{"blID":20,"blName":"Two","timezone":"Europe/Madrid"}]}]}}
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_whole_catalogue_comes_as_one_complete_listing(bool singleAsObject)
    {
        await using var kit = await LightspeedKit.StartAsync(0, new LightspeedSimulatorOptions { SingleItemAsObject = singleAsObject });

        var pages = await kit.CatalogAsync(pageSize: 25);
        var entries = pages.SelectMany(page => page.Changes).Select(change => change.Record!).ToList();

        Assert.Equal(kit.Lightspeed.Truth.Locations.SelectMany(location => location.ItemIds).Order(StringComparer.Ordinal), entries.OfType<CatalogItem>().Select(item => item.Ref.Id).Order(StringComparer.Ordinal));
        Assert.Equal(4 * kit.Lightspeed.Truth.Locations.Count, entries.OfType<Category>().Count());
        Assert.Equal([.. Enumerable.Repeat(Listing.Part, pages.Count - 1), Listing.End], pages.Select(page => page.Listing));
        Assert.Equal(pages.Count, pages.Select(page => page.Next).Distinct().Count());
        Assert.All(entries.OfType<CatalogItem>(), item => Assert.Contains(item.CategoryIds[0], entries.OfType<Category>().Select(category => category.Ref.Id)));
    }

    [Fact]
    public async Task Prices_are_exact_and_those_that_are_asked_at_the_till_or_follow_a_rule_say_so()
    {
        await using var kit = await LightspeedKit.StartAsync(0, settings: new { priceName = "Tuesday Special" });

        var items = (await kit.CatalogAsync()).SelectMany(page => page.Changes).Select(change => change.Record).OfType<CatalogItem>().Where(item => item.LocationIds!.Single() == kit.Madrid).ToDictionary(item => item.Name);

        Assert.Equal((PriceKind.Fixed, 1_890, "EUR"), Price(items["Grilled Octopus"]));
        Assert.Equal((PriceKind.Rule, 315, "EUR"), Price(items["Vermouth"]));
        Assert.Equal(PriceKind.Open, items["Market Fish"].Variations[0].PriceKind);
        Assert.Null(items["Market Fish"].Variations[0].Price);
        Assert.Equal((items["Cortado"].Ref.Id, null), (items["Cortado"].Variations[0].Id, items["Cortado"].Variations[0].Sku));
        Assert.Equal(items["Lemonade"].Variations[0].Sku, items["Lemonade"].Variations[0].Id);

        static (PriceKind, int, string) Price(CatalogItem item) => (item.Variations[0].PriceKind, (int)item.Variations[0].Price!.Value.Minor, item.Variations[0].Price!.Value.Currency);
    }

    [Fact]
    public async Task What_was_archived_is_inactive_and_what_is_gone_is_missing_from_the_next_listing()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        var first = await kit.CatalogAsync();
        var ids = kit.TruthOf(kit.Madrid).ItemIds.Select(id => long.Parse(id, CultureInfo.InvariantCulture)).ToList();
        kit.Lightspeed.Changes.ArchiveItem(kit.Madrid, ids[0]);
        kit.Lightspeed.Changes.RemoveItem(kit.Madrid, ids[1]);
        kit.Lightspeed.Changes.RenameItem(kit.Madrid, ids[2], "Tomato Bread, toasted");
        kit.Clock.Advance(TimeSpan.FromHours(1));

        var second = await kit.CatalogAsync(from: first.End());

        var items = second.SelectMany(page => page.Changes).ToDictionary(change => change.Id, change => change.Record!);
        Assert.False(((CatalogItem)items[$"{ids[0]}"]).Active);
        Assert.DoesNotContain($"{ids[1]}", items.Keys);
        Assert.Equal("Tomato Bread, toasted", items[$"{ids[2]}"].Name);
        Assert.NotEqual(first.End(), second.End());
        Assert.Equal(Listing.End, second[^1].Listing);
    }

    [Fact]
    public async Task A_listing_that_was_broken_off_goes_on_and_begins_anew_where_something_changed_meanwhile()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        var whole = await kit.CatalogAsync(pageSize: 25);

        var rest = await kit.CatalogAsync(25, whole[1].Next);
        kit.Lightspeed.Changes.RenameItem(kit.Madrid, long.Parse(kit.TruthOf(kit.Madrid).ItemIds[0], CultureInfo.InvariantCulture), "Croquetas, six");
        var anew = await kit.CatalogAsync(25, whole[1].Next);

        Assert.Equal(whole.Ids().Skip(50), rest.Ids());
        Assert.Equal(whole.Ids(), anew.Ids());
        Assert.Equal(FailureKind.Misconfigured, (await Assert.ThrowsAsync<DriverException>(() => kit.CatalogAsync(from: new Checkpoint("{}")))).Kind);
    }

    [Fact]
    public async Task An_item_of_two_locations_is_one_entry_with_a_price_for_each()
    {
        var scripted = new ScriptedLightspeed()
            .On("/businesses", Businesses)
            .On("businessLocationId=10", """[{"id":5,"name":"Burger","sku":"52","active":false,"accountingGroup":{"id":3,"name":"Food"},"prices":[{"amount":10.1,"name":"Default"}]}]""")
            .On("businessLocationId=20", """{"id":5,"name":"Burger","sku":"52","active":true,"accountingGroup":{"id":3,"name":"Food"},"prices":[{"amount":11.2,"name":"Default"}]}""");

        var entries = (await scripted.CatalogAsync()).SelectMany(page => page.Changes).ToList();

        var item = Assert.Single(entries.Select(entry => entry.Record).OfType<CatalogItem>());
        Assert.Equal(["3", "5"], entries.Select(entry => entry.Id).Order(StringComparer.Ordinal));
        Assert.Equal((true, "10 20"), (item.Active, string.Join(' ', item.LocationIds!)));
        Assert.Null(item.Variations[0].Price);
        Assert.Equal([("10", 1_010), ("20", 1_120)], item.Variations[0].LocationPrices!.Select(pair => (pair.Key, (int)pair.Value.Minor)).Order());
    }

    [Fact]
    public async Task A_location_whose_items_fail_leaves_no_listing_that_could_delete()
    {
        var scripted = new ScriptedLightspeed()
            .On("/businesses", Businesses)
            .On("businessLocationId=10", """[{"id":5,"name":"Burger","sku":"52","prices":[]}]""")
            .On("businessLocationId=20", """{"error":"no"}""", 503);

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(scripted.CatalogAsync)).Kind);
    }
}
