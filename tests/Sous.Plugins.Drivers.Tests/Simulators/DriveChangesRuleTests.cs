using System.Text.Json;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>changes.* and push channels as Drive has them.</summary>
public sealed class DriveChangesRuleTests : DriveFixture
{
    private const string Fields = "&fields=nextPageToken,newStartPageToken,changes(fileId,removed,changeType,file(id,trashed,parents,name))";

    [Fact]
    public async Task Changes_come_from_a_token_on_each_file_once_with_its_newest_state()
    {
        var token = await StartAsync();
        var added = Drive.Changes.Add(DriveSimulator.RecipesFolder);
        Drive.Changes.Rename(DriveSimulator.ArchivedFile, "one");
        Drive.Changes.Rename(DriveSimulator.ArchivedFile, "two");
        Drive.Changes.Trash(DriveSimulator.ShortcutToFile);
        Drive.Changes.Delete(DriveSimulator.BrokenShortcut);

        var first = await Caller.GetAsync($"changes?pageToken={token}&pageSize=3{Fields}");
        var second = await Caller.GetAsync($"changes?pageToken={first.Member("nextPageToken")}&pageSize=3{Fields}");

        var changes = List(first).Concat(List(second)).ToDictionary(change => change.GetProperty("fileId").GetString()!);
        Assert.Equal([added, DriveSimulator.ArchivedFile, DriveSimulator.ShortcutToFile, DriveSimulator.BrokenShortcut], changes.Keys);
        Assert.Equal("two", changes[DriveSimulator.ArchivedFile].GetProperty("file").GetProperty("name").GetString());
        Assert.True(changes[DriveSimulator.ShortcutToFile].GetProperty("file").GetProperty("trashed").GetBoolean());
        Assert.True(changes[DriveSimulator.BrokenShortcut].GetProperty("removed").GetBoolean());
        Assert.False(changes[DriveSimulator.BrokenShortcut].TryGetProperty("file", out _));
        Assert.Null(first.Member("newStartPageToken"));
        Assert.Empty(List(await Caller.GetAsync($"changes?pageToken={second.Member("newStartPageToken")}{Fields}")));
    }

    [Fact]
    public async Task A_shared_drive_has_a_log_of_its_own_and_a_file_that_moves_onto_it_leaves_the_users()
    {
        var (user, drive) = (await StartAsync(), await StartAsync($"&driveId={DriveSimulator.KitchenDrive}"));
        Drive.Changes.Move(DriveSimulator.ArchivedFile, DriveSimulator.SpecialsFolder);

        var left = Assert.Single(List(await Caller.GetAsync($"changes?pageToken={user}{Fields}")));
        var came = Assert.Single(List(await Caller.GetAsync($"changes?pageToken={drive}&supportsAllDrives=true&includeItemsFromAllDrives=true&driveId={DriveSimulator.KitchenDrive}{Fields}")));
        Assert.Equal((true, false), (left.GetProperty("removed").GetBoolean(), came.GetProperty("removed").GetBoolean()));
    }

    [Fact]
    public async Task What_is_in_a_folder_goes_to_the_bin_with_it_and_no_change_tells_of_that()
    {
        var token = await StartAsync();
        Drive.Changes.Trash(DriveSimulator.RecipesFolder);

        Assert.Equal(DriveSimulator.RecipesFolder, Assert.Single(List(await Caller.GetAsync($"changes?pageToken={token}{Fields}"))).GetProperty("fileId").GetString());
        Assert.Empty(Drive.Truth.In(DriveSimulator.RecipesFolder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?pageToken=none")]
    [InlineData("?pageToken=999999")]
    public async Task A_token_that_is_none_is_refused(string query) => Assert.Equal(400, (await Caller.GetAsync("changes" + query)).Status);

    [Fact]
    public async Task A_channel_says_hello_tells_of_changes_and_is_silent_when_it_has_ended()
    {
        await using var receiver = await PushReceiver.StartAsync();
        var expires = Clock.GetUtcNow().AddDays(30).ToUnixTimeMilliseconds();
        var opened = await Caller.PostAsync($"changes/watch?pageToken={await StartAsync()}", new { id = "c-1", type = "web_hook", address = receiver.Address, token = "the-token", expiration = $"{expires}" });

        var hello = await receiver.NextAsync();
        Drive.Changes.Add(DriveSimulator.RecipesFolder);
        var change = await receiver.NextAsync();
        var stopped = await Caller.PostAsync("channels/stop", new { id = "c-1", resourceId = opened.Member("resourceId") });
        var again = await Caller.PostAsync("channels/stop", new { id = "c-1", resourceId = opened.Member("resourceId") });

        Assert.Equal($"{Clock.GetUtcNow().AddDays(7).ToUnixTimeMilliseconds()}", opened.Member("expiration"));
        Assert.Equal(("sync", "1", "the-token", "c-1", ""), (hello["X-Goog-Resource-State"], hello["X-Goog-Message-Number"], hello["X-Goog-Channel-Token"], hello["X-Goog-Channel-ID"], hello["body"]));
        Assert.Equal(("change", "2", opened.Member("resourceId")), (change["X-Goog-Resource-State"], change["X-Goog-Message-Number"], change["X-Goog-Resource-ID"]));
        Assert.Equal((204, 404), (stopped.Status, again.Status));
    }

    [Fact]
    public async Task A_channel_is_by_https_of_one_id_and_of_the_right_kind()
    {
        var watch = $"changes/watch?pageToken={await StartAsync()}";
        await Caller.PostAsync(watch, new { id = "c-1", type = "web_hook", address = "https://127.0.0.1:9/" });

        Assert.Equal("channelIdNotUnique", (await Caller.PostAsync(watch, new { id = "c-1", type = "web_hook", address = "https://127.0.0.1:9/" })).Reason);
        Assert.Equal("push.webhookUrlNotHttps", (await Caller.PostAsync(watch, new { id = "c-2", type = "web_hook", address = "http://example.com/" })).Reason);
        Assert.Equal("invalid", (await Caller.PostAsync(watch, new { id = "c-2", type = "mail", address = "https://127.0.0.1:9/" })).Reason);
        Assert.Equal("required", (await Caller.PostAsync(watch, new { type = "web_hook", address = "https://127.0.0.1:9/" })).Reason);
        Assert.Equal(200, (await Caller.PostAsync($"files/{DriveSimulator.ArchivedFile}/watch", new { id = "c-3", type = "web_hook", address = "https://127.0.0.1:9/" })).Status);
    }

    [Fact]
    public async Task The_owners_doings_and_the_truth_answer_over_http_too()
    {
        var added = (await Caller.PostAsync("/_simulator/files", new { folder = DriveSimulator.RecipesFolder })).Member("fileId");
        var written = await Caller.PostAsync($"/_simulator/files/{added}/write", new { });
        await Caller.PostAsync($"/_simulator/files/{added}/rename", new { name = "Bread" });
        await Caller.PostAsync($"/_simulator/files/{added}/move", new { folder = DriveSimulator.ArchiveFolder });
        await Caller.PostAsync($"/_simulator/files/{added}/trash", new { });
        var wrong = await Caller.PostAsync("/_simulator/files/none/trash", new { });

        var file = (await Caller.GetAsync("/_simulator/truth")).Json.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("id").GetString() == added);
        Assert.Equal((204, 400), (written.Status, wrong.Status));
        Assert.Equal(("Bread", DriveSimulator.ArchiveFolder, true), (file.GetProperty("name").GetString(), file.GetProperty("parent").GetString(), file.GetProperty("trashed").GetBoolean()));
        Assert.Equal(32, file.GetProperty("md5").GetString()!.Length);
    }

    private static List<JsonElement> List(DriveReply reply) => [.. reply.Json.GetProperty("changes").EnumerateArray()];

    private async Task<string?> StartAsync(string more = "") => (await Caller.GetAsync($"changes/startPageToken?supportsAllDrives=true{more}")).Member("startPageToken");
}
