using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class MenuTests
{
    [Fact]
    public async Task The_whole_menu_comes_as_a_listing_and_only_when_it_was_published_anew()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var location = await kit.LocationAsync();
        var items = kit.Toast.Changes.ItemIds(kit.Boston);

        var first = await kit.MenusAsync(location, pageSize: 10);
        kit.Requests.Clear();
        var idle = await kit.MenusAsync(location, first.End());
        var asked = kit.Requests.Calls.Count;
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        kit.Toast.Changes.RenameItem(kit.Boston, items[0], "Renamed");
        kit.Toast.Changes.RemoveItem(kit.Boston, items[1]);
        var second = await kit.MenusAsync(location, first.End());

        Assert.Empty(idle);
        Assert.Equal((1, "/menus/v2/metadata"), (asked, kit.Requests.Calls[0][4..]));
        Assert.Equal([.. Enumerable.Repeat(Listing.Part, first.Count - 1), Listing.End], first.Select(page => page.Listing));
        Assert.Equal(items.Order(), Entries<CatalogItem>(first).Select(item => item.Ref.Id).Order());
        Assert.Equal(Listing.End, second[^1].Listing);
        Assert.DoesNotContain(items[1], second.Ids());
        Assert.Equal("Renamed", Entries<CatalogItem>(second).Single(item => item.Ref.Id == items[0]).Name);
        Assert.Equal(first.Ids().Except([items[1]]), second.Ids());
    }

    [Fact]
    public async Task Entries_hold_what_Toast_says_of_them()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var pages = await kit.MenusAsync(await kit.LocationAsync());
        var (items, categories, groups) = (Entries<CatalogItem>(pages), Entries<Category>(pages), Entries<ModifierGroup>(pages));

        var burger = items.Single(item => item.Name == "Kettle Burger");
        Assert.Equal((1750, PriceKind.Fixed, true), ((int)burger.Variations[0].Price!.Value.Minor, burger.Variations[0].PriceKind, burger.Active));
        Assert.Equal(["Temperature", "Extras", "Side"], burger.ModifierGroupIds.Select(id => groups.Single(group => group.Ref.Id == id).Name));
        Assert.Equal(["From the Grill", "Food"], burger.CategoryIds.Select(id => categories.Single(category => category.Ref.Id == id).Name));
        Assert.Equal("Mains", categories.Single(c => c.Ref.Id == categories.Single(below => below.Name == "From the Grill").ParentId).Name);
        Assert.Equal((PriceKind.Open, PriceKind.Rule), (items.Single(item => item.Name == "Oysters").Variations[0].PriceKind, items.Single(item => item.Name == "House Red").Variations[0].PriceKind));
        Assert.Equal((1, 1, 3), (groups.Single(g => g.Name == "Temperature").Min, groups.Single(g => g.Name == "Temperature").Max, groups.Single(g => g.Name == "Extras").Max));
        Assert.Null(groups.Single(g => g.Name == "Milk").Max);
        Assert.Equal(250, groups.Single(g => g.Name == "Extras").Options.Single(o => o.Name == "Bacon").Price!.Value.Minor);
    }

    [Fact]
    public async Task What_is_sold_stands_in_the_menus()
    {
        await using var kit = await ToastKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var ids = (await kit.MenusAsync(location)).Ids().ToHashSet();

        var lines = (await kit.SalesAsync(location)).Sales().SelectMany(sale => sale.Lines).Where(line => line.Kind == LineKind.Item).ToList();

        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.True(ids.Contains(line.CatalogItemId!) && ids.Contains(line.CategoryId!)));
    }

    [Fact]
    public async Task Menus_that_are_gone_are_not_taken_for_empty_ones()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var location = await kit.LocationAsync();
        var first = await kit.MenusAsync(location);
        kit.Toast.Changes.PublishMenus(kit.Boston, published: false);

        var never = await kit.MenusAsync(location);
        var gone = await Assert.ThrowsAsync<DriverException>(() => kit.MenusAsync(location, first.End()));
        kit.Toast.Changes.PublishMenus(kit.Boston);
        var late = await kit.MenusAsync(location, never.End());

        Assert.Equal((FailureKind.Misconfigured, 0, Listing.End), (gone.Kind, never.Ids().Count, Assert.Single(never).Listing));
        Assert.Equal(first.Ids(), late.Ids());
    }

    [Fact]
    public async Task An_item_in_two_groups_is_one_entry_and_prices_that_differ_are_a_rule()
    {
        const string item = """{"guid":"i","name":"Soup","pricingStrategy":"MENU_SPECIFIC_PRICE","price":PRICE,"visibility":SEEN}""";
        var (lunch, dinner) = (item.Replace("PRICE", "5.50", StringComparison.Ordinal).Replace("SEEN", "[]", StringComparison.Ordinal), item.Replace("PRICE", "7", StringComparison.Ordinal).Replace("SEEN", "[\"POS\"]", StringComparison.Ordinal));
        var toast = new ScriptedToast()
            .On("/menus/v2/metadata", $$"""{"restaurantGuid":"{{ScriptedToast.Own}}","lastUpdated":"2025-11-01T00:00:00.000+0000"}""")
            .On("/menus/v2/menus", $$"""{"restaurantGuid":"{{ScriptedToast.Own}}","lastUpdated":"2025-11-01T00:00:00.000+0000","menus":[{"guid":"m","name":"All","menuGroups":[{"guid":"a","name":"Lunch","menuItems":[{{lunch}}]},{"guid":"b","name":"Dinner","menuItems":[{{dinner}}]}]}]}""");

        var pages = await toast.Driver.FetchCatalogAsync(new CatalogRequest { Location = ScriptedToast.Location }, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        var soup = Assert.Single(Entries<CatalogItem>(pages));
        Assert.Equal((PriceKind.Rule, null, true), (soup.Variations[0].PriceKind, soup.Variations[0].Price, soup.Active));
        Assert.Equal(["a", "b"], soup.CategoryIds);
    }

    [Fact]
    public async Task A_listing_that_was_broken_off_begins_anew_in_menus_that_were_published_since()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var location = await kit.LocationAsync();
        var whole = await kit.MenusAsync(location, pageSize: 10);
        kit.Clock.Advance(TimeSpan.FromHours(1));
        kit.Toast.Changes.PublishMenus(kit.Boston);

        var resumed = await kit.MenusAsync(location, whole[1].Next, 10);

        Assert.Equal(whole.Ids(), resumed.Ids());
        Assert.Equal(Listing.End, resumed[^1].Listing);
    }

    private static List<T> Entries<T>(IEnumerable<SyncPage<CatalogEntry>> pages)
        where T : CatalogEntry
        => [.. pages.SelectMany(page => page.Changes).Select(change => change.Record).OfType<T>()];
}
