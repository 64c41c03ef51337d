using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Access;

namespace Sous.Plugins.Host.Tests.Drivers.Defects;

/// <summary>Drivers' code stays in the process for ever, and knows whose defects it has.</summary>
[Collection(nameof(Alone))]
public sealed class StoppedWorkerTests
{
    [Fact]
    public async Task A_worker_that_has_stopped_is_kept_in_memory_by_nothing_not_even_by_the_drivers_that_it_loaded()
    {
        var registry = await StartAndStopAsync();

        for (var tries = 0; tries < 100 && registry.IsAlive; tries++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // What is still to run, as the last words of timers and sockets, lets go of it.
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.False(registry.IsAlive);
    }

    private static async Task<WeakReference> StartAndStopAsync()
    {
        await using var host = await RunningWorker.StartAsync();
        Assert.Equal(3, (await host.Admin.GetFromJsonAsync<JsonElement>("api/v1/drivers", TestContext.Current.CancellationToken)).GetProperty("items").GetArrayLength());
        return new WeakReference(host.Worker.Get<IRegistry>());
    }
}
