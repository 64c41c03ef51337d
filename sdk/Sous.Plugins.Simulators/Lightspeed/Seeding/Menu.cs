using System.Globalization;

namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>The items of one location. Guarded by the document book's lock.</summary>
internal sealed class Menu
{
    private static readonly (string Group, string Items)[] Card =
    [
        ("Food", "Croquetas 950|Grilled Octopus 1890|Tomato Bread 520|Padrón Peppers 780|Beef Cheek 2145|Bavette 2475|Cod Pil-Pil 2230|Rice of the Day 1765"),
        ("Desserts", "Burnt Cheesecake 695|Torrija 740"),
        ("Beverages", "Mineral Water 310|Cortado 215|Lemonade 445"),
        ("Alcohol", "Caña 325|Glass of Godello 580|Vermouth 465"),
    ];

    private const string Extras = "Extra Aioli 125|Fried Egg 190|No Salt 0|Gluten Free Bread 85";

    private readonly Place _at;
    private int _made;

    public Menu(Place at)
    {
        _at = at;
        Groups = [.. Card.Select((card, i) => new AccountingGroup(141_948_669_132_800 + (at.Index * 100) + i, card.Group, $"{700 + i}", card.Group == "Desserts" ? "Food" : card.Group))];
        Items =
        [
            .. Card.SelectMany((card, i) => card.Items.Split('|').Select(text => Make(text, Groups[i], "ITEM"))),
            .. Extras.Split('|').Select(text => Make(text, Groups[0], "SUB_ITEM")),
            Make("Market Fish 0", Groups[0], "ITEM", "POSITIVE_OPEN_PRICE"),
            Make("Lunch Menu 1650", Groups[0], "SEQUENCE"),
        ];
    }

    public IReadOnlyList<AccountingGroup> Groups { get; }

    public List<MenuItem> Items { get; }

    public MenuItem OpenItem => Items.First(item => item.PriceMode != "AMOUNT");

    public MenuItem Find(long id) => Items.Find(item => item.Id == id) ?? throw new ArgumentException($"There is no item {id}.", nameof(id));

    public MenuItem Add(string name, long price)
    {
        var item = Make(string.Create(CultureInfo.InvariantCulture, $"{name} {price}"), Groups[0], "ITEM");
        Items.Add(item);
        return item;
    }

    private MenuItem Make(string text, AccountingGroup group, string type, string mode = "AMOUNT")
    {
        var number = _made++;
        var cut = text.LastIndexOf(' ');
        var (name, price) = (text[..cut], long.Parse(text.AsSpan(cut + 1), CultureInfo.InvariantCulture));
        return new MenuItem
        {
            Id = 3_012_455_000 + (_at.Index * 1_000) + number,
            Name = name,
            Sku = name == "Cortado" ? null : string.Create(CultureInfo.InvariantCulture, $"{(_at.Index + 1) * 100 + number}"),
            Group = group,
            // One item has a price of its own on some days.
            Prices = mode != "AMOUNT" ? [] : name == "Vermouth" ? [("Default", price), ("Tuesday Special", price - 150)] : [("Default", price)],
            PriceMode = mode,
            Type = type,
        };
    }
}
