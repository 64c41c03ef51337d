using Sous.Plugins.Drivers.Tests.Prism;
using Sous.Plugins.Drivers.Tests.Simulators;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

/// <summary>The driver's whole sync against Drive's own definition: driver, Prism as a validating proxy, simulator.</summary>
public sealed class DriveContractTests(DrivePrismFixture drive) : IClassFixture<DrivePrismFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_sync_keeps_to_Drives_definition_in_both_directions()
    {
        ProviderSpecs.SkipUnlessPresent();
        using var handler = new DriveKit.Bearer(drive.Simulator.IssueAccessToken()) { InnerHandler = drive.Proxy.CreateHandler() };
        using var client = new HttpClient(handler) { BaseAddress = drive.Proxy.Address, Timeout = TimeSpan.FromSeconds(60) };
        await using var driver = DriveKit.DriverOver(client, handler, drive.Proxy.Address, drive.Clock,
            $$"""{"folders":["{{DriveSimulator.RecipesFolder}}","{{DriveSimulator.MenusFolder}}","{{DriveSimulator.SpecialsFolder}}"]}""");
        var before = drive.Proxy.Violations.Count;

        await driver.ProbeAsync(Token);
        var first = await DriveKit.WatchAsync(driver, pageSize: 25);
        var view = DriveKit.View(first);
        Assert.Equal(drive.Simulator.Truth.Files.Count(file => !file.Trashed && file.Parent is DriveSimulator.RecipesFolder or DriveSimulator.MenusFolder or DriveSimulator.SpecialsFolder && !file.Trashed), view.Count);
        drive.Simulator.Changes.Add(DriveSimulator.RecipesFolder);
        drive.Simulator.Changes.Delete(first.Ids()[0]);
        drive.Simulator.Changes.Trash(first.Ids()[1]);
        drive.Simulator.Changes.Move(first.Ids()[2], DriveSimulator.SpecialsFolder);
        var next = await DriveKit.WatchAsync(driver, first.End(), pageSize: 2);
        Assert.Equal(view.Count - 1, DriveKit.View(next, view).Count);

        foreach (var folder in (string?[])[null, DriveSimulator.RecipesFolder])
        {
            Assert.NotEmpty(await driver.ListFilesAsync(new FolderRequest { FolderId = folder, FoldersOnly = true }, Token).ToListAsync(Token));
        }

        foreach (var request in new FileRequest[]
        {
            new() { FileId = DriveSimulator.ArchivedFile },
            new() { FileId = DriveSimulator.ShortcutToFile, Offset = 10, Length = 20 },
            new() { FileId = DriveSimulator.Document, ExportType = "text/plain" },
        })
        {
            await using var content = await driver.FetchFileAsync(request, Token);
            Assert.NotEqual(0, await content!.Content.ReadAsync(new byte[10], Token));
        }

        var channel = await driver.OpenChannelAsync(new PushChannelRequest("c-sync", new Uri("https://127.0.0.1:9/"), new Secret("token"), drive.Clock.GetUtcNow().AddHours(5), next.End()), Token);
        await driver.CloseChannelAsync(channel, Token);
        Assert.Equal([], drive.Proxy.Violations.Skip(before));
    }
}
