namespace Sous.Plugins.Host.Cli;

/// <summary><c>run</c>: the worker, until it is told to stop.</summary>
internal static class RunVerb
{
    public static async Task<int> RunAsync(HostSettings settings, CancellationToken stopping)
    {
        await using var worker = await Worker.StartAsync(settings, stopping);

        // What only a start needs is given back at once: an idle host allocates too little for a collection to come by itself.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return await worker.WaitForShutdownAsync(stopping) ? ExitCode.Done : ExitCode.Failed;
    }
}
