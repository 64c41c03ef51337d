using System.Net;
using Sous.Plugins.Simulators.Drive;

namespace Sous.Plugins.Host.Tests.Live;

[Collection(nameof(Alone))]
public sealed class LargeFileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_file_is_passed_on_without_being_held_and_the_driver_is_stopped_when_the_caller_goes()
    {
        const long size = 512 << 20;
        await using var host = await DriveHost.StartAsync(new DriveSimulatorOptions { Recipes = 1, LargeFileBytes = size });
        await host.ConnectAsync(DriveSimulator.RecipesFolder);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using (var response = await host.Worker.Admin.GetAsync($"{DriveHost.Tenant}/storage/files/{DriveSimulator.LargeFile}/content", HttpCompletionOption.ResponseHeadersRead, Token))
        {
            await using var content = await response.Content.ReadAsStreamAsync(Token);
            var buffer = new byte[1 << 20];
            for (var i = 0; i < 64; i++)
            {
                await content.ReadExactlyAsync(buffer, Token);
            }

            Assert.Equal(size, response.Content.Headers.ContentLength);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 48 << 20);
        }

        // The caller went in the midst of it, and the host serves on.
        using var served = await host.Worker.Admin.GetAsync($"{DriveHost.Tenant}/storage/files/{DriveSimulator.ArchivedFile}/content", Token);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }
}
