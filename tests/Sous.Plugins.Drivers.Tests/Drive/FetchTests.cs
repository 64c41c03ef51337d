using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.GoogleDrive;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Drivers.Tests.Drive;

public sealed class FetchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_whole_file_has_its_bytes_its_length_and_its_type()
    {
        await using var kit = await DriveKit.StartAsync(30);
        var driver = kit.Driver();

        foreach (var truth in kit.Drive.Truth.In(DriveSimulator.RecipesFolder).Where(file => file.Md5 is not null && file.Id is not (DriveSimulator.AbusiveFile or DriveSimulator.LockedFile)))
        {
            var (bytes, content) = await FetchAsync(driver, truth.Id);
            Assert.Equal((truth.Md5, truth.Size, truth.Size, truth.MimeType), (DriveCaller.Md5(bytes), content.Length, content.FileSize, content.MimeType));
        }
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(100, 50)]
    [InlineData(100, null)]
    [InlineData(null, 25)]
    [InlineData(5, 99_999_999)]
    public async Task A_range_is_a_part_of_the_whole(int? offset, int? length)
    {
        await using var kit = await DriveKit.StartAsync(0);
        var (whole, _) = await FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile);

        var (part, content) = await FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile, offset, length);

        Assert.Equal(whole.Skip(offset ?? 0).Take(length ?? whole.Length), part);
        Assert.Equal((part.Length, whole.Length), (content.Length, content.FileSize));
    }

    [Fact]
    public async Task A_range_beyond_the_end_is_empty_and_tells_where_the_end_is()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var (part, content) = await FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile, 99_999_999, 10);

        Assert.Empty(part);
        Assert.Equal(kit.Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile).Size, content.FileSize);
    }

    [Fact]
    public async Task A_wrong_checksum_is_a_failure_at_the_end()
    {
        await using var kit = await DriveKit.StartAsync(0);
        kit.Drive.Trouble = new DriveTrouble { CorruptContent = true };

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile))).Kind);
        Assert.Equal(10, (await FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile, 0, 10)).Bytes.Length);
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_is_a_failure()
    {
        await using var kit = await DriveKit.StartAsync(0);
        kit.Drive.Chaos = new Chaos { PathPrefix = DriveSimulator.ApiPath, TruncateEvery = 2 };

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile))).Kind);
    }

    [Fact]
    public async Task A_range_that_is_ignored_is_a_failure_and_not_the_wrong_bytes()
    {
        await using var kit = await DriveKit.StartAsync(0);
        kit.Drive.Trouble = new DriveTrouble { IgnoreRange = true };

        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<DriverException>(() => FetchAsync(kit.Driver(), DriveSimulator.ArchivedFile, 10, 10))).Kind);
    }

    [Fact]
    public async Task A_shortcut_gives_its_targets_content()
    {
        await using var kit = await DriveKit.StartAsync(0);

        var (bytes, _) = await FetchAsync(kit.Driver(), DriveSimulator.ShortcutToFile);

        Assert.Equal(kit.Drive.Truth.Files.Single(file => file.Id == DriveSimulator.ArchivedFile).Md5, DriveCaller.Md5(bytes));
    }

    [Theory]
    [InlineData("1NobodyKnowsThisFile00000000000")]
    [InlineData(DriveSimulator.BrokenShortcut)]
    [InlineData("..")]
    [InlineData("../about")]
    [InlineData("")]
    public async Task A_file_that_is_not_there_is_null(string id)
    {
        await using var kit = await DriveKit.StartAsync(0);

        Assert.Null(await kit.Driver().FetchFileAsync(new FileRequest { FileId = id }, Token));
    }

    [Theory]
    [InlineData(DriveSimulator.LockedFile, null, "not download")]
    [InlineData(DriveSimulator.AbusiveFile, null, "acknowledgeAbuse")]
    [InlineData(DriveSimulator.LoopingShortcut, null, "shortcut")]
    [InlineData(DriveSimulator.Document, null, "text/markdown")]
    [InlineData(DriveSimulator.Document, "text/csv", "text/markdown")]
    [InlineData(DriveSimulator.LargeDocument, "text/plain", "10 MB")]
    [InlineData(DriveSimulator.RecipesFolder, null, "no content")]
    [InlineData(DriveSimulator.ArchivedFile, "application/pdf", "as it is")]
    public async Task What_cannot_be_fetched_says_why(string id, string? exportType, string said)
    {
        await using var kit = await DriveKit.StartAsync(0);

        var failure = await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver().FetchFileAsync(new FileRequest { FileId = id, ExportType = exportType }, Token));

        Assert.Equal(FailureKind.Misconfigured, failure.Kind);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_open_what_Google_warns_of_and_close_what_is_too_large()
    {
        await using var kit = await DriveKit.StartAsync(0);

        Assert.NotEmpty((await FetchAsync(kit.Driver("""{"acknowledgeAbuse":true}"""), DriveSimulator.AbusiveFile)).Bytes);
        var failure = await Assert.ThrowsAsync<DriverException>(() => FetchAsync(kit.Driver("""{"maxFileBytes":1000}"""), DriveSimulator.LargeFile));
        Assert.Contains("maxFileBytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_is_exported_and_a_part_of_it_is_refused()
    {
        await using var kit = await DriveKit.StartAsync(0);
        await using var content = await kit.Driver().FetchFileAsync(new FileRequest { FileId = DriveSimulator.Document, ExportType = "text/plain" }, Token);
        using var text = new StreamReader(content!.Content);

        Assert.StartsWith("# ", await text.ReadToEndAsync(Token), StringComparison.Ordinal);
        Assert.Equal(("text/plain", null), (content.MimeType, content.Length));
        await Assert.ThrowsAsync<DriverException>(async () => await kit.Driver().FetchFileAsync(new FileRequest { FileId = DriveSimulator.Document, ExportType = "text/plain", Offset = 3 }, Token));
    }

    [Fact]
    public async Task Reading_stops_when_it_is_told_to()
    {
        await using var kit = await DriveKit.StartAsync(0, new DriveSimulatorOptions { LargeFileBytes = 64 << 20 });
        await using var content = await kit.Driver().FetchFileAsync(new FileRequest { FileId = DriveSimulator.LargeFile }, Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var buffer = new byte[1024];
        await content!.Content.ReadExactlyAsync(buffer, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await content.Content.ReadExactlyAsync(buffer, stop.Token));
    }

    private static async Task<(byte[] Bytes, FileContent Content)> FetchAsync(DriveDriver driver, string id, int? offset = null, int? length = null)
    {
        await using var content = await driver.FetchFileAsync(new FileRequest { FileId = id, Offset = offset, Length = length }, Token);
        using var bytes = new MemoryStream();
        await content!.Content.CopyToAsync(bytes, Token);
        return (bytes.ToArray(), content);
    }
}
