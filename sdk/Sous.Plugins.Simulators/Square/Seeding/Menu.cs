using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>The seeded catalogue. One is made per simulator, since items can change while it runs.</summary>
internal sealed class Menu
{
    private static readonly (string Name, TaxClass Class, string Items)[] Card =
    [
        ("Starters", TaxClass.Food, "Oysters 1800|Crab Cakes 1650|Clam Chowder 950|Burrata 1400|Calamari 1350|Shrimp Cocktail 1700|Mussels 1550|Tuna Tartare 1900"),
        ("Salads", TaxClass.Food, "Harbor Caesar 1250|Beet & Goat Cheese 1300|Niçoise 1650|Wedge 1150|Kale & Quinoa 1200|Greek 1250|Lobster Cobb 2600|House Greens 850"),
        ("Sandwiches", TaxClass.Food, "Lobster Roll 2800|Fish Burger 1750|Hill Burger 1850|Pastrami 1600|Fried Chicken 1650|BLT 1350|Veggie Melt 1400|Cuban 1500"),
        ("Mains", TaxClass.Food, "Ribeye 4200|Roast Chicken 2600|Miso Cod 3400|Mushroom Risotto 2400|Pork Schnitzel 2500|Seafood Paella 3600|Duck Breast 3300|Eggplant Parm 2200"),
        ("By the Pound", TaxClass.Food, "Snow Crab 3899|King Prawns 2650|Halibut 3275|Smoked Brisket 2999|Salmon Side 2450|Whole Lobster 3150|Ribs 1995|Olives 1499"),
        ("Sides", TaxClass.Food, "Fries 650|Truffle Fries 950|Coleslaw 450|Grilled Asparagus 850|Mac & Cheese 900|Rice 400|Corn Bread 500|Pickles 350"),
        ("Desserts", TaxClass.Food, "Key Lime Pie 950|Crème Brûlée 1000|Brownie 850|Gelato 700|Cheesecake 950|Apple Strudel 900|Tiramisu 950|Affogato 800"),
        ("Coffee & Tea", TaxClass.Drink, "Espresso 350|Cappuccino 475|Flat White 475|Cold Brew 525|Black Tea 375|Matcha 575|Hot Chocolate 500|Filter Coffee 325"),
        ("Beer & Wine", TaxClass.Drink, "Harbor Lager 750|Hill IPA 850|Stout 800|Pinot Noir 1400|Riesling 1300|Prosecco 1250|Rosé 1200|Cider 750"),
        ("Cocktails", TaxClass.Drink, "Negroni 1500|Old Fashioned 1600|Margarita 1450|Espresso Martini 1600|Dark & Stormy 1400|Spritz 1350|Virgin Mojito 950|Yuzu Sour 1650"),
    ];

    private readonly Dictionary<string, MenuItem[]> _byLocation = [];

    public Menu()
    {
        ModifierLists = MakeModifierLists();
        Categories = [.. Card.Select((c, i) => new MenuCategory(Key("CATEGORY", i), c.Name, i >= 8 ? Key("CATEGORY", 7) : null))];
        Items = [.. Card.SelectMany((c, i) => c.Items.Split('|').Select((text, j) => MakeItem(i, j, text, c.Class)))];
        foreach (var restaurant in Restaurants.All)
        {
            _byLocation[restaurant.Id] = [.. Items.Where(item => item.SoldAt(restaurant))];
        }
    }

    public ModifierList[] ModifierLists { get; }

    public MenuCategory[] Categories { get; }

    public MenuItem[] Items { get; }

    public MenuDiscount[] Discounts { get; } =
    [
        new("DISCOUNTHAPPYHOUR0000001", "Happy Hour", "20.0", 200_000, 0),
        new("DISCOUNTSTAFFMEAL0000002", "Staff Meal", "50.0", 500_000, 0),
        new("DISCOUNTREGULAR000000003", "Regular's Table", "12.5", 125_000, 0),
        new("DISCOUNTFIVEOFF000000004", "Five Off", null, 0, 500),
    ];

    /// <summary>The catalogue's unit for what is sold by weight.</summary>
    public static string PoundUnitId => "UNITIMPERIALPOUND0000001";

    public MenuItem[] SoldAt(Restaurant restaurant) => _byLocation[restaurant.Id];

    public static string Key(string kind, int index) => $"{kind}{Dice.For(7, kind.Length, index).Text(24 - kind.Length).ToUpperInvariant()}";

    private static ModifierList[] MakeModifierLists()
    {
        (string Name, int Min, int Max, string Modifiers)[] lists =
        [
            ("Temperature", 1, 1, "Rare 0|Medium Rare 0|Medium 0|Well Done 0"),
            ("Extras", 0, 3, "Bacon 250|Avocado 300|Fried Egg 200|Extra Cheese 150|Gluten-free Bun 200"),
            ("Sauces", 0, -1, "Aioli 75|Hot Sauce 0|Ranch 75|Tartar 75|Curry Mayo 75"),
            ("Milk", 0, 1, "Whole 0|Oat 80|Almond 80|Soy 60"),
            ("Pour", 1, 1, "Glass 0|Carafe 1600|Bottle 3200"),
            ("Spirit", 0, 1, "House 0|Reserve 400|Top Shelf 900"),
        ];
        return [.. lists.Select((list, i) => new ModifierList(Key("MODLIST", i), list.Name, list.Min, list.Max,
            [.. list.Modifiers.Split('|').Select((text, j) => Priced(text, (name, cents) => new Modifier(Key("MODIFIER", (i * 10) + j), name, cents)))]))];
    }

    private MenuItem MakeItem(int category, int position, string text, TaxClass taxClass)
    {
        var index = (category * 8) + position;
        var byWeight = category == 4;
        return Priced(text, (name, cents) => new MenuItem
        {
            Id = Key("ITEM", index),
            Name = name,
            CategoryId = Key("CATEGORY", category),
            TaxClass = taxClass,
            ByWeight = byWeight,
            AskedPrice = index % 27 == 5,
            Variations = [.. Sizes(category).Select((size, i) => new MenuVariation(Key("VARIATION", (index * 4) + i), size, $"HH-{index:000}-{i}", cents * (100 + (40 * i)) / 100))],
            ModifierLists = [.. ListsFor(category).Select(i => ModifierLists[i])],
            OnlyAt = (index % 20) switch
            {
                7 => [Restaurants.All[1].Id],
                13 => [Restaurants.All[2].Id, Restaurants.All[3].Id],
                _ => [],
            },
        });
    }

    private static string[] Sizes(int category) => category switch
    {
        4 => ["Per Pound"],
        5 or 7 => ["Small", "Large"],
        8 => ["0.3 l", "0.5 l", "Pitcher"],
        _ => ["Regular"],
    };

    private static int[] ListsFor(int category) => category switch
    {
        2 => [0, 1, 2],
        3 => [0, 2],
        5 => [2],
        7 => [3],
        8 => [4],
        9 => [5],
        _ => [],
    };

    private static T Priced<T>(string text, Func<string, long, T> make)
    {
        var cut = text.LastIndexOf(' ');
        return make(text[..cut], long.Parse(text.AsSpan(cut + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}
