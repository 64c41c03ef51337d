using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Catalog;

/// <summary>Turns the menu into catalogue entries: most are as old as the history, some were changed in it, a few deleted.</summary>
internal sealed class CatalogSeeder(Menu menu, long now, int days)
{
    private const long Day = 24 * 60 * 60 * 1_000L;
    private readonly long _start = now - (Math.Max(days, 1) * Day);

    public IEnumerable<CatalogEntry> Make() =>
    [
        .. menu.Categories.Select((c, i) => Entry("CATEGORY", c.Id, "category_data", i, json => CatalogJson.Category(json, c))),
        .. TaxRule.All.Select((t, i) => Entry("TAX", t.Id, "tax_data", 20 + i, json => CatalogJson.Tax(json, t))),
        .. menu.Discounts.Select((d, i) => Entry("DISCOUNT", d.Id, "discount_data", 30 + i, json => CatalogJson.Discount(json, d))),
        Entry("MEASUREMENT_UNIT", Menu.PoundUnitId, "measurement_unit_data", 40, CatalogJson.PoundUnit),
        .. menu.ModifierLists.Select((l, i) => ModifierList(l, 50 + i)),
        .. menu.Items.Select((item, i) => Item(item, 100 + i)),
        DeletedCategory(),
        DeletedList(),
    ];

    private static string[] TaxesOf(MenuItem item) => [.. Restaurants.All
        .Where(item.SoldAt)
        .SelectMany(r => r.Taxes.Where(t => t.Covers(item.TaxClass)))
        .Select(t => t.Id)
        .Distinct()];

    private CatalogEntry Item(MenuItem item, int ordinal)
    {
        var deleted = ordinal % 20 == 17;
        var changed = deleted || ordinal % 10 == 4 ? Within(ordinal) : At(ordinal);
        CatalogEntry[] variations = [.. item.Variations.Select((v, i) => new CatalogEntry
        {
            Type = "ITEM_VARIATION",
            Id = v.Id,
            Updated = changed,
            Deleted = deleted,
            OnlyAt = item.OnlyAt,
            Related = [item.Id],
            DataName = "item_variation_data",
            WriteData = json => CatalogJson.Variation(json, item, v, i),
        })];
        var taxes = TaxesOf(item);
        return new CatalogEntry
        {
            Type = "ITEM",
            Id = item.Id,
            Updated = changed,
            Deleted = deleted,
            OnlyAt = item.OnlyAt,
            Related = [item.CategoryId, .. taxes, .. item.ModifierLists.Select(l => l.Id)],
            Children = variations,
            DataName = "item_data",
            WriteData = json => CatalogJson.Item(json, item, variations, taxes),
        };
    }

    private CatalogEntry ModifierList(ModifierList list, int ordinal)
    {
        CatalogEntry[] modifiers = [.. list.Modifiers.Select((m, i) =>
            Entry("MODIFIER", m.Id, "modifier_data", ordinal, json => CatalogJson.Modifier(json, list.Id, m, i), list.Id))];
        return new CatalogEntry
        {
            Type = "MODIFIER_LIST",
            Id = list.Id,
            Updated = At(ordinal),
            Children = modifiers,
            DataName = "modifier_list_data",
            WriteData = json => CatalogJson.ModifierList(json, list, modifiers),
        };
    }

    private CatalogEntry DeletedCategory()
    {
        var entry = Entry("CATEGORY", Menu.Key("CATEGORY", 99), "category_data", 0, json => CatalogJson.Category(json, new MenuCategory("", "Brunch", null)));
        entry.Deleted = true;
        entry.Updated = Within(33);
        return entry;
    }

    private CatalogEntry DeletedList()
    {
        var entry = ModifierList(new ModifierList(Menu.Key("MODLIST", 99), "Seasonal Toppings", 0, -1, [new Modifier(Menu.Key("MODIFIER", 999), "Ramps", 200)]), 60);
        foreach (var part in entry.Children.Prepend(entry))
        {
            part.Deleted = true;
            part.Updated = Within(61);
        }

        return entry;
    }

    private CatalogEntry Entry(string type, string id, string dataName, int ordinal, Action<System.Text.Json.Utf8JsonWriter> write, params string[] related) =>
        new() { Type = type, Id = id, Updated = At(ordinal), DataName = dataName, Related = related, WriteData = write };

    private long At(int ordinal) => _start + (ordinal * 1_000L);

    private long Within(int ordinal) => _start + ((now - _start) * (ordinal % 97 + 1) / 100);
}
