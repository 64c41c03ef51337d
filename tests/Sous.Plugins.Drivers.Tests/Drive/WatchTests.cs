using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class WatchTests
{
    private const string Recipes = DriveSimulator.RecipesFolder;
    private const string Menus = DriveSimulator.MenusFolder;
    private const string Archive = DriveSimulator.ArchiveFolder;
    private const string Specials = DriveSimulator.SpecialsFolder;

    [Theory]
    [InlineData(11)]
    [InlineData(500)]
    public async Task The_first_watch_is_a_complete_listing_and_the_next_finds_nothing(int pageSize)
    {
        await using var kit = await DriveKit.StartAsync();
        var driver = kit.DriverOf(Recipes, Specials);

        var first = await DriveKit.WatchAsync(driver, pageSize: pageSize);
        var second = await DriveKit.WatchAsync(driver, first.End(), pageSize);

        Assert.Equal(kit.Truth(Recipes, Specials), DriveKit.Lines(DriveKit.View(first).Values));
        Assert.Equal(Listing.End, first.Last(page => page.Changes.Count > 0).Listing);
        Assert.Equal([(0, first.End(), DriveKit.Start)], second.Select(page => (page.Changes.Count, page.Next, page.CompleteUntil)));
    }

    [Fact]
    public async Task Whatever_happens_to_a_file_is_seen_and_what_leaves_the_folder_is_gone()
    {
        await using var kit = await DriveKit.StartAsync(20);
        var driver = kit.DriverOf(Recipes);
        var first = await DriveKit.WatchAsync(driver);
        var ids = first.Ids();
        var changes = kit.Drive.Changes;

        var added = changes.Add(Recipes);
        changes.Write(ids[0]);
        changes.Rename(ids[1], "Renamed");
        changes.Move(ids[2], Archive);
        changes.Move(DriveSimulator.ArchivedFile, Recipes);
        changes.Trash(ids[3]);
        changes.Delete(ids[4]);
        changes.Move(ids[5], Specials);
        changes.Add(Archive);
        var next = await DriveKit.WatchAsync(driver, first.End(), pageSize: 3);

        Assert.Equal(kit.Truth(Recipes), DriveKit.Lines(DriveKit.View(first.Concat(next)).Values));
        Assert.Equal([added, ids[0], ids[1], DriveSimulator.ArchivedFile], next.SelectMany(page => page.Changes).Where(change => change.Kind == ChangeKind.Upsert).Select(change => change.Id));
        Assert.All(ids[2..6], id => Assert.Contains(id, next.SelectMany(page => page.Changes).Where(change => change.Kind == ChangeKind.Delete).Select(change => change.Id)));
        Assert.All(next, page => Assert.Equal(Listing.None, page.Listing));
    }

    [Fact]
    public async Task What_changes_during_the_first_listing_is_not_missed()
    {
        await using var kit = await DriveKit.StartAsync(60);
        var driver = kit.DriverOf(Recipes);
        var listed = 0;
        kit.Requests.Before = (request, _) =>
        {
            // Between its pages: what was listed already is renamed, deleted and joined by more.
            if (request.RequestUri!.Query.Contains("pageToken", StringComparison.Ordinal) && ++listed == 2)
            {
                var inside = kit.Drive.Truth.In(Recipes).Where(file => file.Md5 is not null).ToList();
                kit.Drive.Changes.Add(Recipes);
                kit.Drive.Changes.Rename(inside[0].Id, "renamed");
                kit.Drive.Changes.Rename(inside[^1].Id, "renamed too");
                kit.Drive.Changes.Delete(inside[1].Id);
                kit.Drive.Changes.Delete(inside[^2].Id);
            }

            return Task.CompletedTask;
        };

        var pages = await DriveKit.WatchAsync(driver, pageSize: 10);

        Assert.True(listed > 2);
        Assert.Equal(kit.Truth(Recipes), DriveKit.Lines(DriveKit.View(pages).Values));
    }

    [Fact]
    public async Task A_folder_that_goes_to_the_bin_takes_its_files_along_and_brings_them_back()
    {
        await using var kit = await DriveKit.StartAsync(30);
        var driver = kit.DriverOf(Recipes, Archive);
        var pages = await DriveKit.WatchAsync(driver);

        kit.Drive.Changes.Trash(Recipes);
        pages.AddRange(await DriveKit.WatchAsync(driver, pages.End(), 7));
        Assert.Equal([DriveSimulator.ArchivedFile], DriveKit.View(pages).Keys);

        var hidden = kit.Drive.Changes.Add(Recipes);
        pages.AddRange(await DriveKit.WatchAsync(driver, pages.End(), 7));
        Assert.Equal([DriveSimulator.ArchivedFile], DriveKit.View(pages).Keys);

        kit.Drive.Changes.Restore(Recipes);
        pages.AddRange(await DriveKit.WatchAsync(driver, pages.End(), 7));
        Assert.Equal(kit.Truth(Recipes, Archive), DriveKit.Lines(DriveKit.View(pages).Values));
        Assert.Contains(hidden, DriveKit.View(pages).Keys);
    }

    [Fact]
    public async Task Folders_taken_out_of_the_settings_leave_and_new_ones_come()
    {
        await using var kit = await DriveKit.StartAsync(30);
        var pages = await DriveKit.WatchAsync(kit.DriverOf(Recipes, Archive));
        var recipes = pages.Ids().Where(id => id != DriveSimulator.ArchivedFile).ToList();

        // Between the two settings: out of what is dropped, into what stays and into what comes.
        kit.Drive.Changes.Move(recipes[0], Archive);
        kit.Drive.Changes.Move(recipes[1], Specials);
        kit.Drive.Changes.Move(recipes[2], Menus);
        kit.Drive.Changes.Delete(recipes[3]);
        kit.Drive.Changes.Move(DriveSimulator.ArchivedFile, Recipes);
        pages.AddRange(await DriveKit.WatchAsync(kit.DriverOf(Archive, Specials), pages.End(), 8));

        Assert.Equal(kit.Truth(Archive, Specials), DriveKit.Lines(DriveKit.View(pages).Values));
        pages.AddRange(await DriveKit.WatchAsync(kit.DriverOf(Specials), pages.End(), 8));
        Assert.Equal(kit.Truth(Specials), DriveKit.Lines(DriveKit.View(pages).Values));
        Assert.DoesNotContain("\"\":", pages.End().Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_change_before_the_first_listing_is_done_take_back_what_was_listed()
    {
        await using var kit = await DriveKit.StartAsync(30);
        var first = await DriveKit.WatchAsync(kit.DriverOf(Recipes, Archive), pageSize: 10);
        Assert.Equal(Listing.Part, first[1].Listing);

        var pages = await DriveKit.WatchAsync(kit.DriverOf(Menus), first[1].Next);

        Assert.Equal(kit.Truth(Menus), DriveKit.Lines(DriveKit.View(first.Take(2).Concat(pages)).Values));
        Assert.All(pages, page => Assert.Equal(Listing.None, page.Listing));
    }

    [Fact]
    public async Task A_folder_named_twice_is_listed_once_page_by_page()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var pages = await DriveKit.WatchAsync(kit.DriverOf(Menus, DriveSimulator.ShortcutToFolder), pageSize: 1);

        Assert.Equal(kit.Truth(Menus).Count(), pages.Ids().Count);
        Assert.Equal(kit.Truth(Menus), DriveKit.Lines(DriveKit.View(pages).Values));
    }

    [Fact]
    public async Task A_shared_drive_that_was_left_stops_what_is_watched_there_until_the_settings_drop_it()
    {
        await using var kit = await DriveKit.StartAsync(10);
        var first = await DriveKit.WatchAsync(kit.DriverOf(Recipes, Specials));
        kit.Drive.Trouble = new DriveTrouble { LeftSharedDrives = true };

        var failure = await Assert.ThrowsAsync<DriverException>(() => DriveKit.WatchAsync(kit.DriverOf(Recipes, Specials), first.End()));
        var dropped = await DriveKit.WatchAsync(kit.DriverOf(Recipes), first.End());

        Assert.Equal(FailureKind.Misconfigured, failure.Kind);
        // Nothing can tell what was there: everything that is, is listed instead, as complete.
        Assert.Equal(kit.Truth(Recipes), DriveKit.Lines(DriveKit.View(dropped).Values));
        Assert.Contains(dropped, page => page.Listing == Listing.End);
        Assert.Single(await DriveKit.WatchAsync(kit.DriverOf(Recipes), dropped.End()));
    }

    [Fact]
    public async Task Random_doings_and_random_crashes_end_in_what_is_there()
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            await WalkAsync(new Random(seed), seed);
        }
    }

    [Fact]
    public async Task A_token_that_is_no_longer_taken_begins_anew_as_a_complete_listing()
    {
        await using var kit = await DriveKit.StartAsync(30);
        var driver = kit.DriverOf(Recipes);
        var first = await DriveKit.WatchAsync(driver);
        kit.Drive.Changes.Add(Recipes);
        var old = new Checkpoint(first.End().Value.Replace("\"\":\"1\"", "\"\":\"99999\"", StringComparison.Ordinal));
        Assert.NotEqual(first.End(), old);

        var pages = await DriveKit.WatchAsync(driver, old);

        Assert.Equal(kit.Truth(Recipes), DriveKit.Lines(DriveKit.View(pages).Values));
        Assert.Contains(pages, page => page.Listing == Listing.End);
    }

    [Fact]
    public async Task A_listings_page_token_that_is_too_old_begins_the_folder_anew()
    {
        await using var kit = await DriveKit.StartAsync(40);
        var driver = kit.DriverOf(Recipes);
        var first = await DriveKit.WatchAsync(driver, pageSize: 10);
        kit.Clock.Advance(TimeSpan.FromHours(7));
        kit.AccessToken = kit.Drive.IssueAccessToken();

        var pages = await DriveKit.WatchAsync(driver, first[1].Next, 10);

        Assert.Equal(kit.Truth(Recipes), DriveKit.Lines(DriveKit.View(pages).Values));
    }

    [Fact]
    public async Task Tokens_that_are_never_taken_are_a_failure_and_no_endless_walk()
    {
        await using var kit = await DriveKit.StartAsync(40);
        var driver = kit.DriverOf(Recipes);
        var first = await DriveKit.WatchAsync(driver, pageSize: 10);

        kit.Drive.Trouble = new DriveTrouble { RejectPageTokens = true };
        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => DriveKit.WatchAsync(driver, first[1].Next, 10))).Kind);
        kit.Drive.Trouble = new DriveTrouble { RejectChangeTokens = true };
        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => DriveKit.WatchAsync(driver, first.End()))).Kind);
        kit.Drive.Trouble = new DriveTrouble { DropChangeTokens = true };
        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => DriveKit.WatchAsync(driver, first.End()))).Kind);
    }

    [Fact]
    public void The_longest_checkpoint_leaves_room_for_a_page_token()
    {
        // Ten shortcuts to folders on ten shared drives take the place of ten such.
        var folders = Enumerable.Range(0, 10).Select(i => new GoogleDrive.WatchedFolder($"{i:D64}", $"{i:D44}", $"0A{i:D17}")).ToList();
        var longest = new GoogleDrive.WatchPosition
        {
            Folders = folders,
            Tokens = new(folders.Concat(folders).Select((folder, i) => KeyValuePair.Create($"{folder.Drive}{i:D2}", "1234567")).ToDictionary()),
            Drops = [.. folders.Select(folder => new GoogleDrive.DroppedFolder(folder.Target, folder.Drive))],
            Listings = [.. folders.Select(folder => folder.Target)],
        }.ToCheckpoint();

        Assert.InRange(longest.Value.Length, 1, Checkpoint.MaxLength - 400);
    }

    private static async Task WalkAsync(Random random, int seed)
    {
        await using var kit = await DriveKit.StartAsync(12);
        string[] all = [Recipes, Archive, Menus, Specials];
        string[] watched = [Recipes, Specials];
        var (view, checkpoint) = (DriveKit.View([]), (Checkpoint?)null);
        for (var round = 0; round < 12; round++)
        {
            for (var i = random.Next(5); i > 0; i--)
            {
                Act(kit.Drive, all, random);
            }

            if (random.Next(4) == 0)
            {
                watched = [.. all.Where(_ => random.Next(2) == 0).DefaultIfEmpty(Recipes)];
            }

            var driver = kit.DriverOf(watched);
            // Cut off after some page, like a crash after its commit.
            var left = round == 11 ? int.MaxValue : random.Next(6);
            await foreach (var page in driver.WatchFolderAsync(new FolderRequest { From = checkpoint, PageSize = random.Next(1, 9) }, TestContext.Current.CancellationToken))
            {
                if (left-- == 0)
                {
                    break;
                }

                // A complete listing says by its end what is no longer there.
                view = DriveKit.View([page], view);
                checkpoint = page.Next;
            }
        }

        Assert.True(kit.Truth(watched).SequenceEqual(DriveKit.Lines(view.Values)), $"Seed {seed}: {string.Join('\n', kit.Truth(watched).Except(DriveKit.Lines(view.Values)))} is missing, {string.Join('\n', DriveKit.Lines(view.Values).Except(kit.Truth(watched)))} is too much.");
    }

    private static void Act(DriveSimulator drive, string[] folders, Random random)
    {
        var files = drive.Truth.Files.Where(file => file.Md5 is not null && folders.Contains(file.Parent)).ToList();
        var file = files[random.Next(files.Count)];
        var folder = folders[random.Next(folders.Length)];
        switch (random.Next(7))
        {
            case 0: drive.Changes.Add(folder); break;
            case 1: drive.Changes.Write(file.Id); break;
            case 2: drive.Changes.Rename(file.Id, $"name {random.Next(100)}"); break;
            case 3: drive.Changes.Move(file.Id, folder); break;
            case 4 when files.Count > 4: drive.Changes.Delete(file.Id); break;
            case 5: drive.Changes.Trash(file.Id); break;
            default: drive.Changes.Restore(file.Id); break;
        }
    }
}
