using System.Text.Json;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>files.list and files.get as Drive understands them.</summary>
public sealed class DriveFilesRuleTests : DriveFixture
{
    private const string InRecipes = $"'{DriveSimulator.RecipesFolder}' in parents";

    [Fact]
    public async Task A_folder_is_listed_page_by_page_whole_and_each_file_once()
    {
        var found = await Caller.ListAsync($"{InRecipes} and trashed = false", pageSize: 17);

        Assert.Equal(Drive.Truth.In(DriveSimulator.RecipesFolder).Select(file => file.Id).Order(), found.Select(Id).Order());
    }

    [Fact]
    public async Task Without_a_page_size_everything_comes_and_without_fields_little()
    {
        var reply = await Caller.GetAsync($"files?q={Uri.EscapeDataString(InRecipes)}");

        Assert.Null(reply.Member("nextPageToken"));
        Assert.Equal(["kind", "id", "name", "mimeType"], reply.Json.GetProperty("files")[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(400, (await Caller.GetAsync("files?fields=files(nonsense)")).Status);
        Assert.Equal("required", (await Caller.GetAsync("about")).Reason);
    }

    [Theory]
    [InlineData("name = 'Nonna\\'s \\\\ archive'", 1)]
    [InlineData("name contains 'Nonna\\'s' and mimeType contains 'application/vnd.google-apps.'", 1)]
    [InlineData("mimeType = 'application/vnd.google-apps.folder' and not name = 'Recipes'", 5)]
    [InlineData("sharedWithMe = true", 2)]
    [InlineData("trashed = true", 1)]
    [InlineData("shortcutDetails.targetId = '" + DriveSimulator.ArchivedFile + "'", 1)]
    [InlineData("modifiedTime > '2099-01-01T00:00:00' or createdTime > '2099-01-01T00:00:00Z'", 0)]
    [InlineData("(name = 'Recipes' or name = 'Menus') and trashed != true", 2)]
    public async Task The_query_language_is_Drives(string q, int expected) => Assert.Equal(expected, (await Caller.ListAsync(q)).Count);

    [Theory]
    [InlineData("name = 'it's'")]
    [InlineData("name = 'open")]
    [InlineData("name = 'bad \\n escape'")]
    [InlineData("owner = 'x'")]
    [InlineData("name")]
    [InlineData("('root' in parents")]
    [InlineData("'root' in children")]
    public async Task A_query_that_is_none_is_refused(string q)
    {
        var reply = await Caller.GetAsync($"files?q={Uri.EscapeDataString(q)}");

        Assert.Equal((400, "invalid"), (reply.Status, reply.Reason));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_not_found_rather_than_empty() =>
        Assert.Equal((404, "notFound"), ((await Caller.GetAsync("files?q='nowhere'%20in%20parents")).Status, (await Caller.GetAsync("files?q='nowhere'%20in%20parents")).Reason));

    [Fact]
    public async Task A_page_token_belongs_to_its_query_and_ends_after_hours()
    {
        var token = (await Caller.GetAsync("files?pageSize=2")).Member("nextPageToken");

        Assert.Equal(200, (await Caller.GetAsync($"files?pageSize=5&pageToken={token}")).Status);
        Assert.Equal("invalid", (await Caller.GetAsync($"files?q=trashed%3Dfalse&pageToken={token}")).Reason);
        Clock.Advance(TimeSpan.FromHours(7));
        Caller.Authorize(Drive.IssueAccessToken());
        Assert.Equal("invalid", (await Caller.GetAsync($"files?pageSize=5&pageToken={token}")).Reason);
    }

    [Fact]
    public async Task Shared_drives_are_seen_by_those_who_say_so()
    {
        const string both = "&supportsAllDrives=true&includeItemsFromAllDrives=true";
        const string drive = $"&corpora=drive&driveId={DriveSimulator.KitchenDrive}";
        const string q = $"'{DriveSimulator.SpecialsFolder}' in parents";

        Assert.Empty(await Caller.ListAsync(q));
        Assert.Equal(10, (await Caller.ListAsync(q, both)).Count);
        Assert.Equal(10, (await Caller.ListAsync(q, both + drive)).Count);
        Assert.Equal(400, (await Caller.GetAsync($"files?{drive}")).Status);
        Assert.Equal(400, (await Caller.GetAsync($"files?corpora=drive{both}")).Status);
        Assert.Equal((404, 200), ((await Caller.GetAsync($"files/{DriveSimulator.SpecialsFolder}")).Status, (await Caller.GetAsync($"files/{DriveSimulator.SpecialsFolder}?supportsAllDrives=true")).Status));
        Assert.Equal(2, (await Caller.GetAsync("drives")).Json.GetProperty("drives").GetArrayLength());
    }

    [Fact]
    public async Task Files_have_the_members_that_their_kind_has()
    {
        var files = (await Caller.ListAsync("trashed = false", "&fields=nextPageToken,files")).ToDictionary(file => Id(file)!);

        var (bread, menu, shortcut, locked) = (files[DriveSimulator.ArchivedFile], files[DriveSimulator.Document], files[DriveSimulator.ShortcutToFile], files[DriveSimulator.LockedFile]);
        Assert.Equal(JsonValueKind.String, bread.GetProperty("size").ValueKind);
        Assert.Equal(Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile).Md5, bread.GetProperty("md5Checksum").GetString());
        Assert.False(menu.TryGetProperty("md5Checksum", out _));
        Assert.True(menu.GetProperty("exportLinks").TryGetProperty("application/pdf", out _));
        Assert.Equal(DriveSimulator.ArchivedFile, shortcut.GetProperty("shortcutDetails").GetProperty("targetId").GetString());
        Assert.False(locked.GetProperty("capabilities").GetProperty("canDownload").GetBoolean());
    }

    [Fact]
    public async Task Orders_are_kept_and_can_be_ignored()
    {
        var q = $"files?q={Uri.EscapeDataString(InRecipes)}&fields=files(modifiedTime)&orderBy=modifiedTime";
        var sorted = Times(await Caller.GetAsync(q));
        Drive.Chaos = new Chaos { IgnoreSortOrder = true, PathPrefix = DriveSimulator.ApiPath };

        Assert.Equal(sorted.Order(), sorted);
        Assert.NotEqual(sorted, Times(await Caller.GetAsync(q)));
    }

    [Fact]
    public async Task A_narrow_grant_sees_little()
    {
        Caller.Authorize(Drive.IssueAccessToken("https://www.googleapis.com/auth/drive.file"));
        Assert.Empty(await Caller.ListAsync(InRecipes));
        Assert.Equal("appNotAuthorizedToFile", (await Caller.GetAsync($"files/{DriveSimulator.ArchivedFile}")).Reason);

        Caller.Authorize(Drive.IssueAccessToken("https://www.googleapis.com/auth/drive.metadata.readonly"));
        Assert.Equal((200, 403), ((await Caller.GetAsync($"files/{DriveSimulator.ArchivedFile}")).Status, (await Caller.GetAsync($"files/{DriveSimulator.ArchivedFile}?alt=media")).Status));
    }

    [Fact]
    public async Task Trouble_is_set_over_http_and_shows()
    {
        await Caller.PostAsync("/_simulator/trouble", new { incompleteSearch = true, rateLimitIs403 = true });
        Assert.True((await Caller.GetAsync("files?fields=incompleteSearch")).Json.GetProperty("incompleteSearch").GetBoolean());

        await Caller.PostAsync("/_simulator/chaos", new { rateLimitEvery = 1, pathPrefix = DriveSimulator.ApiPath });
        Assert.Equal((403, "userRateLimitExceeded"), ((await Caller.GetAsync("files")).Status, (await Caller.GetAsync("files")).Reason));
    }

    private static string? Id(JsonElement file) => file.GetProperty("id").GetString();

    private static List<string?> Times(DriveReply reply) => [.. reply.Json.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("modifiedTime").GetString())];
}
