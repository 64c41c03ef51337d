using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Drivers.Tests.Drive;

[Collection(nameof(Alone))]
public sealed class LargeFileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_file_passes_through_without_being_held()
    {
        const long size = 256 << 20;
        await using var kit = await DriveKit.StartAsync(0, new DriveSimulatorOptions { LargeFileBytes = size });
        await using var content = await kit.Driver().FetchFileAsync(new FileRequest { FileId = DriveSimulator.LargeFile }, Token);
        var buffer = new byte[64 * 1024];
        var (read, most) = (0L, 0L);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (int some; (some = await content!.Content.ReadAsync(buffer, Token)) > 0;)
        {
            read += some;
            most = read % (32 << 20) < some ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before) : most;
        }

        Assert.Equal(size, read);
        Assert.InRange(most, long.MinValue, 16 << 20);
    }
}
