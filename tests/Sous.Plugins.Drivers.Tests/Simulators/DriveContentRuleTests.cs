using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>Content, ranges and exports as Drive gives them.</summary>
public sealed class DriveContentRuleTests : DriveFixture
{
    private const string Bread = $"files/{DriveSimulator.ArchivedFile}?alt=media";

    [Fact]
    public async Task Content_has_the_checksum_that_is_told_also_where_it_is_made_while_it_is_sent()
    {
        foreach (var file in Drive.Truth.In(DriveSimulator.RecipesFolder).Where(file => file.Md5 is not null && file.Id is not (DriveSimulator.AbusiveFile or DriveSimulator.LockedFile)))
        {
            var reply = await Caller.GetAsync($"files/{file.Id}?alt=media");
            Assert.Equal((200, file.Md5, file.Size, file.MimeType), (reply.Status, DriveCaller.Md5(reply.Bytes), reply.Bytes.Length, reply.MediaType));
        }
    }

    [Theory]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=100-", 100, null)]
    [InlineData("bytes=-25", null, 25)]
    [InlineData("bytes=0-99999999", 0, null)]
    public async Task A_range_is_a_part_of_the_whole(string range, int? from, int? count)
    {
        var whole = (await Caller.GetAsync(Bread)).Bytes;
        var part = await Caller.GetAsync(Bread, range);

        var start = from ?? whole.Length - count!.Value;
        var expected = whole[start..(start + (count ?? (whole.Length - start)))];
        Assert.Equal((206, $"bytes {start}-{start + expected.Length - 1}/{whole.Length}"), (part.Status, part.ContentRange));
        Assert.Equal(expected, part.Bytes);
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_not_satisfiable_and_one_that_is_none_is_ignored()
    {
        var size = (await Caller.GetAsync(Bread)).Bytes.Length;

        var beyond = await Caller.GetAsync(Bread, $"bytes={size}-");

        Assert.Equal((416, $"bytes */{size}", "requestedRangeNotSatisfiable"), (beyond.Status, beyond.ContentRange, beyond.Reason));
        Assert.Equal(200, (await Caller.GetAsync(Bread, "lines=1-2")).Status);
    }

    [Fact]
    public async Task What_cannot_be_downloaded_says_why()
    {
        Assert.Equal("cannotDownloadFile", (await Caller.GetAsync($"files/{DriveSimulator.LockedFile}?alt=media")).Reason);
        Assert.Equal("cannotDownloadAbusiveFile", (await Caller.GetAsync($"files/{DriveSimulator.AbusiveFile}?alt=media")).Reason);
        Assert.Equal(200, (await Caller.GetAsync($"files/{DriveSimulator.AbusiveFile}?alt=media&acknowledgeAbuse=true")).Status);
        Assert.Equal("fileNotDownloadable", (await Caller.GetAsync($"files/{DriveSimulator.Document}?alt=media")).Reason);
        Assert.Equal("fileNotDownloadable", (await Caller.GetAsync($"files/{DriveSimulator.RecipesFolder}?alt=media")).Reason);
    }

    [Fact]
    public async Task Google_documents_are_exported_up_to_ten_megabytes()
    {
        Assert.Equal((200, "text/plain"), ((await Caller.GetAsync($"files/{DriveSimulator.Document}/export?mimeType=text/plain")).Status, (await Caller.GetAsync($"files/{DriveSimulator.Document}/export?mimeType=text/plain")).MediaType));
        Assert.Equal("badRequest", (await Caller.GetAsync($"files/{DriveSimulator.Document}/export?mimeType=text/csv")).Reason);
        Assert.Equal("required", (await Caller.GetAsync($"files/{DriveSimulator.Document}/export")).Reason);
        Assert.Equal("exportSizeLimitExceeded", (await Caller.GetAsync($"files/{DriveSimulator.LargeDocument}/export?mimeType=text/plain")).Reason);
        Assert.Equal("fileNotExportable", (await Caller.GetAsync($"files/{DriveSimulator.ArchivedFile}/export?mimeType=text/plain")).Reason);
    }

    [Fact]
    public async Task Content_can_be_corrupt_and_ranges_ignored()
    {
        var truth = Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile);
        Drive.Trouble = new DriveTrouble { CorruptContent = true, IgnoreRange = true };

        var reply = await Caller.GetAsync(Bread, "bytes=5-9");

        Assert.Equal((200, truth.Size), (reply.Status, reply.Bytes.Length));
        Assert.NotEqual(truth.Md5, DriveCaller.Md5(reply.Bytes));
    }
}
