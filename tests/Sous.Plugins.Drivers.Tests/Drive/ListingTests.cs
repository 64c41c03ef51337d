using Sous.Plugins.GoogleDrive;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class ListingTests
{
    private static readonly string[] s_order =
    [
        DriveSimulator.RecipesFolder, DriveSimulator.MenusFolder, DriveSimulator.ArchiveFolder, DriveSimulator.SharedFolder, DriveSimulator.KitchenDrive, "0AFinanceDrivePVA",
        "1SubfolderOfRecipes000000000000", DriveSimulator.ShortcutToFolder,
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(7)]
    [InlineData(500)]
    public async Task A_folder_is_listed_whole_as_a_complete_listing(int pageSize)
    {
        await using var kit = await DriveKit.StartAsync();

        var pages = await DriveKit.ListAsync(kit.Driver(), DriveSimulator.RecipesFolder, pageSize: pageSize);

        Assert.Equal(kit.Truth(DriveSimulator.RecipesFolder), DriveKit.Lines(pages.SelectMany(page => page.Changes).Select(change => change.Record!)));
        Assert.All(pages.SkipLast(1), page => Assert.Equal(Listing.Part, page.Listing));
        Assert.Equal(Listing.End, pages[^1].Listing);
    }

    [Fact]
    public async Task A_file_is_told_with_all_that_Drive_tells_of_it()
    {
        await using var kit = await DriveKit.StartAsync(3);

        var change = Assert.Single(Assert.Single(await DriveKit.ListAsync(kit.Driver(), DriveSimulator.ArchiveFolder)).Changes);

        var truth = kit.Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile);
        var file = change.Record!;
        Assert.Equal((truth.Id, truth.Name, truth.MimeType, truth.Size, truth.Md5, truth.Parent), (file.Ref.Id, file.Name, file.MimeType, file.Size, file.Md5, file.ParentId));
        Assert.Equal((true, false, false, 64), (file.Downloadable, file.IsFolder, file.Trashed, file.Sha256!.Length));
        Assert.Contains("\"md5Checksum\"", System.Text.Encoding.UTF8.GetString(change.Raw.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shortcuts_are_resolved_once()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var view = DriveKit.View(await DriveKit.ListAsync(kit.Driver(), DriveSimulator.RecipesFolder));

        var bread = kit.Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile);
        var (file, folder, broken, loop) = (view[DriveSimulator.ShortcutToFile], view[DriveSimulator.ShortcutToFolder], view[DriveSimulator.BrokenShortcut], view[DriveSimulator.LoopingShortcut]);
        Assert.Equal(("House bread", bread.Id, bread.Md5, "text/markdown", true), (file.Name, file.ShortcutTargetId, file.Md5, file.MimeType, file.Downloadable));
        Assert.Equal((DriveSimulator.MenusFolder, true, false), (folder.ShortcutTargetId, folder.IsFolder, folder.Downloadable));
        Assert.All([broken, loop], shortcut => Assert.Equal((DriveFile.ShortcutType, false, null), (shortcut.MimeType, shortcut.Downloadable, shortcut.Md5)));
    }

    [Fact]
    public async Task Google_documents_tell_what_they_can_be_exported_to()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var menus = DriveKit.View(await DriveKit.ListAsync(kit.Driver(), DriveSimulator.ShortcutToFolder));

        Assert.Equal(["application/pdf", "text/markdown", "text/plain"], menus[DriveSimulator.Document].ExportTypes);
        Assert.False(menus[DriveSimulator.Document].Downloadable);
        Assert.Equal(4, menus.Count);
    }

    [Fact]
    public async Task A_folder_on_a_shared_drive_and_the_drive_itself_are_listed()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var specials = DriveKit.View(await DriveKit.ListAsync(kit.Driver(), DriveSimulator.SpecialsFolder));
        var kitchen = DriveKit.View(await DriveKit.ListAsync(kit.Driver(), DriveSimulator.KitchenDrive));

        Assert.Equal((10, DriveSimulator.KitchenDrive), (specials.Count, specials.Values.First().DriveId));
        Assert.Equal(DriveSimulator.SpecialsFolder, Assert.Single(kitchen.Keys));
    }

    [Fact]
    public async Task Without_folders_it_is_the_topmost()
    {
        await using var kit = await DriveKit.StartAsync(0);

        Assert.Equal(kit.Truth(DriveSimulator.RootFolder), DriveKit.Lines(DriveKit.View(await DriveKit.ListAsync(kit.Driver())).Values));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public async Task Folders_to_choose_from_are_the_topmost_that_the_account_can_see_and_then_those_within(int pageSize)
    {
        await using var kit = await DriveKit.StartAsync(3);
        var driver = kit.DriverOf(DriveSimulator.MenusFolder);

        var topmost = await FoldersAsync(null);
        var inRecipes = await FoldersAsync(DriveSimulator.RecipesFolder);
        var inKitchen = await FoldersAsync(DriveSimulator.KitchenDrive);

        Assert.Equal(
            [DriveSimulator.RecipesFolder, DriveSimulator.MenusFolder, DriveSimulator.ArchiveFolder, DriveSimulator.SharedFolder, DriveSimulator.KitchenDrive, "0AFinanceDrivePVA"],
            topmost.Select(folder => folder.Ref.Id));
        Assert.Equal(("Kitchen", DriveSimulator.KitchenDrive), (topmost[4].Name, topmost[4].DriveId));
        Assert.Equal(["1SubfolderOfRecipes000000000000", DriveSimulator.ShortcutToFolder], inRecipes.Select(folder => folder.Ref.Id));
        Assert.Equal([DriveSimulator.SpecialsFolder], inKitchen.Select(folder => folder.Ref.Id));

        async Task<List<StorageFile>> FoldersAsync(string? folder) =>
            [.. (await driver.ListFilesAsync(new FolderRequest { FolderId = folder, FoldersOnly = true, PageSize = pageSize }, Token).ToListAsync(Token))
                .SelectMany(page => page.Changes).Select(change => change.Record!).OrderBy(found => Array.IndexOf(s_order, found.Ref.Id))];
    }

    [Theory]
    [InlineData("1NobodyKnowsThisFolder000000000")]
    [InlineData(DriveSimulator.ArchivedFile)]
    [InlineData(DriveSimulator.LoopingShortcut)]
    [InlineData(DriveSimulator.BrokenShortcut)]
    [InlineData("..")]
    [InlineData("x' in parents or 'root")]
    public async Task What_is_no_folder_is_never_an_empty_one(string folder)
    {
        await using var kit = await DriveKit.StartAsync(0);

        Assert.Equal(FailureKind.Misconfigured, (await Assert.ThrowsAsync<DriverException>(() => DriveKit.ListAsync(kit.Driver(), folder))).Kind);
        Assert.All(kit.Requests.Calls, call => Assert.StartsWith("GET /drive/v3/files/", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_incomplete_search_is_a_failure_and_never_a_shorter_list()
    {
        await using var kit = await DriveKit.StartAsync();
        kit.Drive.Trouble = new DriveTrouble { IncompleteSearch = true };
        var pages = new List<SyncPage<StorageFile>>();

        var failure = await Assert.ThrowsAsync<DriverException>(async () =>
        {
            await foreach (var page in kit.Driver().ListFilesAsync(new FolderRequest { FolderId = DriveSimulator.RecipesFolder }, Token))
            {
                pages.Add(page);
            }
        });

        Assert.Equal((FailureKind.Transient, 0), (failure.Kind, pages.Count));
    }

    [Cases]
    public bool Whatever_a_tenant_writes_stays_one_string_of_the_query(string text)
    {
        var quoted = FolderReader.Quote(text ?? "");

        // Read back as Drive reads it: a quote ends the string, a backslash takes what follows as it is.
        var read = new System.Text.StringBuilder();
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] == '\'')
            {
                return false;
            }

            read.Append(quoted[i] == '\\' ? quoted[++i] : quoted[i]);
        }

        return quoted[0] == '\'' && quoted[^1] == '\'' && read.ToString() == (text ?? "");
    }
}
