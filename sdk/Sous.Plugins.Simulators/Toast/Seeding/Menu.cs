using System.Globalization;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>The published menus of one restaurant.</summary>
internal sealed class Menu
{
    private static readonly (string Menu, string Group, string? Below, string Items)[] Card =
    [
        ("Food", "Starters", null, "Leek Soup 850|Smoked Trout 1400|Beet Salad 1150|Soda Bread 500|Oysters 1900"),
        ("Food", "Mains", null, "Lamb Stew 2400|Mushroom Barley 1950|Fish & Chips 2100"),
        ("Food", "From the Grill", "Mains", "Rib Steak 3800|Half Chicken 2300|Kettle Burger 1750"),
        ("Food", "Sides", null, "Chips 600|Colcannon 650|Greens 700"),
        ("Drinks", "Coffee", null, "Flat White 475|Espresso 325|Tea 350"),
        ("Drinks", "Beer & Wine", null, "Red Ale 750|Stout 800|House Red 1200"),
    ];

    private readonly Restaurant _at;

    public Menu(Restaurant at, DateTimeOffset published)
    {
        _at = at;
        Published = published;
        ModifierGroups =
        [
            Group("Temperature", 1, 1, "Rare 0|Medium 0|Well Done 0"),
            Group("Extras", 0, 3, "Bacon 250|Fried Egg 200|Cheddar 150"),
            Group("Dressing", 0, 1, "Vinaigrette 0|Blue Cheese 75"),
            new ModifierGroup(Id("modifierGroup", "Side"), "Side", 0, 1, [Option("With Chips", 0), Option("Side Salad", 300, 2)]),
            Group("Milk", 0, null, "Oat 80|Soy 60"),
        ];
        Menus = [.. Card.Select(c => c.Menu).Distinct().Select(name => new MenuGroup(Id("menu", name), name, [], [.. Groups(name, null)]))];
        OpenItem = Menus[0].Groups[0].Items[^1];
        Weighed = Items.First(item => item.Unit == "LB");
        GiftCard = Make("Gift Card", null, "OPEN_PRICE", "NONE", []);
    }

    public DateTimeOffset Published { get; private set; }

    /// <summary>False while the restaurant has published nothing.</summary>
    public bool IsPublished { get; set; } = true;

    public List<MenuGroup> Menus { get; }

    public List<ModifierGroup> ModifierGroups { get; }

    /// <summary>An item that is priced at the till.</summary>
    public MenuItem OpenItem { get; }

    public MenuItem Weighed { get; }

    /// <summary>On no menu.</summary>
    public MenuItem GiftCard { get; }

    public IEnumerable<MenuItem> Items => Menus.SelectMany(ItemsOf);

    public string SalesCategoryGuid(string name) => Id("salesCategory", name);

    /// <summary>Publishes after a change; two changes within one millisecond have two times.</summary>
    public void Publish(DateTimeOffset now, Action change)
    {
        change();
        Published = now > Published ? now : Published.AddMilliseconds(1);
    }

    public bool Remove(string guid) => Menus.Any(menu => Remove(menu, guid));

    private static bool Remove(MenuGroup group, string guid) => group.Items.RemoveAll(item => item.Guid == guid) + group.Groups.Count(below => Remove(below, guid)) > 0;

    private static IEnumerable<MenuItem> ItemsOf(MenuGroup group) => group.Items.Concat(group.Groups.SelectMany(ItemsOf));

    private IEnumerable<MenuGroup> Groups(string menu, string? below) => Card.Where(c => c.Menu == menu && c.Below == below)
        .Select(c => new MenuGroup(Id("menuGroup", c.Group), c.Group, [.. c.Items.Split('|').Select(text => Item(c.Menu, c.Group, text))], [.. Groups(menu, c.Group)]));

    private MenuItem Item(string menu, string group, string text)
    {
        var (name, price) = Priced(text);
        var (strategy, unit) = name switch { "Oysters" => ("OPEN_PRICE", "NONE"), "Rib Steak" => ("BASE_PRICE", "LB"), "House Red" => ("SIZE_PRICE", "NONE"), _ => ("BASE_PRICE", "NONE") };
        int[] groups = (group, name) switch { (_, "Kettle Burger") => [0, 1, 3], ("From the Grill", _) => [0, 3], ("Mains", _) => [3], ("Coffee", _) => [4], _ => [] };
        return Make(name, strategy is "OPEN_PRICE" or "SIZE_PRICE" ? null : price, strategy, unit, groups, menu == "Drinks" ? "Beverage" : "Food");
    }

    private MenuItem Make(string name, long? price, string strategy, string unit, int[] groups, string category = "Food") => new()
    {
        Guid = Id("item", name),
        MultiLocationId = Guids.Of($"multi {_at.GroupGuid} {name}", 0),
        Name = name,
        Price = price,
        Strategy = strategy,
        Unit = unit,
        Groups = groups,
        SalesCategory = category,
    };

    private ModifierGroup Group(string name, int min, int? max, string options)
        => new(Id("modifierGroup", name), name, min, max, [.. options.Split('|').Select(text => { var (option, price) = Priced(text); return Option(option, price); })]);

    private MenuItem Option(string name, long price, params int[] groups) => Make(name, price, "BASE_PRICE", "NONE", groups);

    private string Id(string kind, string name) => Guids.Of($"{kind} {name}", _at.Index);

    private static (string Name, long Price) Priced(string text)
    {
        var cut = text.LastIndexOf(' ');
        return (text[..cut], long.Parse(text.AsSpan(cut + 1), CultureInfo.InvariantCulture));
    }
}
