using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>run</c>: the worker, until it is told to stop.</summary>
internal static class RunVerb
{
    public static async Task<int> RunAsync(HostSettings settings, CancellationToken stopping)
    {
        await using var worker = await StartAsync(settings, stopping);
        if (worker is null)
        {
            return ExitCode.Done;
        }

        // What only a start needs is given back at once: an idle host allocates too little for a collection to come by itself.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return await worker.WaitForShutdownAsync(stopping) ? ExitCode.Done : ExitCode.Failed;
    }

    /// <returns>Null where it was told to stop while it stood by.</returns>
    private static async Task<Worker?> StartAsync(HostSettings settings, CancellationToken stopping)
    {
        // A start takes the secrets out of the environment, and whoever stood by starts again.
        settings = settings with { Environment = HostConfiguration.ReadEnvironment() };
        while (true)
        {
            try
            {
                return await Worker.StartAsync(settings, stopping);
            }
            catch (StorageException e) when (e.IsTaken)
            {
                // Stands by.
            }

            try
            {
                await Worker.StandByAsync(settings, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
        }
    }
}
