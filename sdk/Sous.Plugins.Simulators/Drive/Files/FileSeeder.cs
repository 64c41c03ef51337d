using System.Globalization;
using System.Text;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Files;

/// <summary>Fills a store with a restaurant's Drive: recipes as they are kept in life, and every odd thing that a folder can hold.</summary>
internal sealed class FileSeeder(FileStore store, DriveSimulatorOptions options)
{
    private const long Hour = 3_600_000;

    private static readonly string[] Dishes = ["Focaccia", "Beurre blanc", "Crème brûlée", "Shoyu-Ramen", "Mole negro", "Sauerbraten", "Pasta e ceci", "Lamb shank", "Nonna's ragù", "味噌汁"];
    private static readonly string[] Parts = ["flour", "butter", "shallots", "white wine", "eggs", "sugar", "stock", "garlic", "salt", "thyme"];

    private static readonly (string Type, string Ending)[] Kinds =
        [("text/markdown", "md"), ("text/csv", "csv"), ("application/pdf", "pdf"), ("image/jpeg", "jpg"), ("application/json", "json"), ("text/plain", "txt")];

    private int _made;

    public static IReadOnlyList<SharedDrive> Drives { get; } = [new(DriveSimulator.KitchenDrive, "Kitchen"), new("0AFinanceDrivePVA", "Finance")];

    public void Seed()
    {
        var root = new DriveFile { Id = DriveSimulator.RootFolder, Name = "My Drive", MimeType = DriveFile.Folder, Created = Before(9000), Modified = Before(9000) };
        store.Seed(root);
        Folder(DriveSimulator.RecipesFolder, "Recipes", root.Id);
        Folder(DriveSimulator.MenusFolder, "Menus", root.Id);
        Folder(DriveSimulator.ArchiveFolder, "Nonna's \\ archive", root.Id);
        for (var i = 0; i < options.Recipes; i++)
        {
            store.Seed(Recipe(i, DriveSimulator.RecipesFolder, null));
        }

        SeedOdd();
        SeedDocuments();
        foreach (var drive in Drives)
        {
            store.Seed(new DriveFile { Id = drive.Id, Name = drive.Name, MimeType = DriveFile.Folder, DriveId = drive.Id, Created = Before(8000), Modified = Before(8000) });
        }

        Folder(DriveSimulator.SharedFolder, "Suppliers", null);
        Folder(DriveSimulator.SpecialsFolder, "Specials", DriveSimulator.KitchenDrive, DriveSimulator.KitchenDrive);
        for (var i = 0; i < 10; i++)
        {
            store.Seed(Recipe(10_000 + i, DriveSimulator.SpecialsFolder, DriveSimulator.KitchenDrive));
        }
    }

    /// <summary>A recipe as text, whatever its media type says: real bytes with a real checksum.</summary>
    public static FileBytes Content(int seed, int index, int revision)
    {
        var dice = Dice.For(seed, 40, (index * 1000) + revision);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"# {Dishes[dice.Below(Dishes.Length)]} {index}, revision {revision}\n\n");
        for (var line = dice.Between(5, 400); line > 0; line--)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {dice.Between(1, 900)} g {Parts[dice.Below(Parts.Length)]} {dice.Text(6)}\n");
        }

        return new FileBytes(Encoding.UTF8.GetBytes(text.ToString()));
    }

    public DriveFile Recipe(int index, string parent, string? drive)
    {
        var dice = Dice.For(options.Seed, 41, index);
        var (type, ending) = Kinds[dice.Below(Kinds.Length)];
        var created = Before(dice.Between(24, 8000));
        return new DriveFile
        {
            Id = "1" + Dice.For(options.Seed, 42, index).Text(32),

            // Every tenth shares its name with the one before.
            Name = $"{Dishes[dice.Below(Dishes.Length)]} {index - (index % 10 == 9 ? 1 : 0)}.{ending}",
            MimeType = type,
            Parent = parent,
            DriveId = drive,
            Created = created,
            Modified = created + (dice.Below(20) * Hour),
            Content = Content(options.Seed, index, 0),
        };
    }

    private void SeedOdd()
    {
        var recipes = DriveSimulator.RecipesFolder;
        Odd(DriveSimulator.LargeFile, "Banquet.mp4", "video/mp4", recipes, new FileBytes(options.Seed, options.LargeFileBytes));
        Odd("1EmptyFile000000000000000000000", "empty.txt", "text/plain", recipes, new FileBytes([]));
        store.Seed(new DriveFile { Id = DriveSimulator.AbusiveFile, Name = "free-knives.exe", MimeType = "application/x-msdownload", Parent = recipes, Created = Before(50), Modified = Before(50), Abusive = true, Content = Content(options.Seed, 20_000, 0) });
        store.Seed(new DriveFile { Id = DriveSimulator.LockedFile, Name = "family secret.md", MimeType = "text/markdown", Parent = recipes, Created = Before(60), Modified = Before(60), CanDownload = false, Content = Content(options.Seed, 20_001, 0) });
        store.Seed(new DriveFile { Id = "1TrashedRecipe00000000000000000", Name = "microwave eggs.md", MimeType = "text/markdown", Parent = recipes, Created = Before(70), Modified = Before(20), Trashed = true, Content = Content(options.Seed, 20_002, 0) });
        Odd(DriveSimulator.ArchivedFile, "House bread (1998).md", "text/markdown", DriveSimulator.ArchiveFolder, Content(options.Seed, 20_003, 0));
        Odd("1SharedWithMe000000000000000000", "supplier's list.csv", "text/csv", null, Content(options.Seed, 20_004, 0));
        Folder("1SubfolderOfRecipes000000000000", "Desserts", recipes);
        Shortcut(DriveSimulator.ShortcutToFile, "House bread", recipes, DriveSimulator.ArchivedFile, "text/markdown");
        Shortcut(DriveSimulator.ShortcutToFolder, "This season's menus", recipes, DriveSimulator.MenusFolder, DriveFile.Folder);
        Shortcut(DriveSimulator.BrokenShortcut, "gone", recipes, "1NobodyKnowsThisFile00000000000", "text/plain");
        Shortcut(DriveSimulator.LoopingShortcut, "round", recipes, "1ShortcutLoopB00000000000000000", DriveFile.Shortcut);
        Shortcut("1ShortcutLoopB00000000000000000", "and round", recipes, DriveSimulator.LoopingShortcut, DriveFile.Shortcut);
    }

    private void SeedDocuments()
    {
        Document(DriveSimulator.Document, "Spring menu", DriveFile.Document, Content(options.Seed, 30_000, 0));
        Document("1SheetOfPrices00000000000000000", "Prices", DriveFile.Spreadsheet, Content(options.Seed, 30_001, 0));
        Document(DriveSimulator.LargeDocument, "Cook book", DriveFile.Document, new FileBytes(options.Seed, (10 << 20) + 1));
        Document("1FormForAllergies00000000000000", "Allergies", DriveFile.Form, null);
    }

    private void Folder(string id, string name, string? parent, string? drive = null) =>
        store.Seed(new DriveFile { Id = id, Name = name, MimeType = DriveFile.Folder, Parent = parent, DriveId = drive, Created = Before(8500 - _made++), Modified = Before(400) });

    private void Odd(string id, string name, string type, string? parent, FileBytes content) =>
        store.Seed(new DriveFile { Id = id, Name = name, MimeType = type, Parent = parent, Created = Before(300 + _made++), Modified = Before(30), Content = content });

    private void Document(string id, string name, string type, FileBytes? content) =>
        store.Seed(new DriveFile { Id = id, Name = name, MimeType = type, Parent = DriveSimulator.MenusFolder, Created = Before(200 + _made++), Modified = Before(25), Exported = content });

    private void Shortcut(string id, string name, string parent, string target, string type) => store.Seed(new DriveFile
    {
        Id = id,
        Name = name,
        MimeType = DriveFile.Shortcut,
        Parent = parent,
        Created = Before(100 + _made++),
        Modified = Before(40),
        ShortcutTarget = target,
        ShortcutTargetType = type,
    });

    private long Before(int hours) => store.Now - (hours * Hour);
}
