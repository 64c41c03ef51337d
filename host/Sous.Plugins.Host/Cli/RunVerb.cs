using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cli;

/// <summary><c>run</c>: the worker, until it is told to stop.</summary>
internal static class RunVerb
{
    // Drivers are loaded anew each time, and what was loaded stays, with what carries messages: some 20 MiB. A service manager begins with a fresh process.
    private const int MostLosses = 16;

    private static readonly TimeSpan s_beginAgain = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(HostSettings settings, CancellationToken stopping)
    {
        // A start takes the secrets out of the environment, and whoever stood by starts again.
        settings = settings with { Environment = HostConfiguration.ReadEnvironment() };
        var losses = 0;
        try
        {
            while (true)
            {
                try
                {
                    await using var worker = await Worker.StartAsync(settings, stopping);

                    // What only a start needs is given back at once: an idle host allocates too little for a collection to come by itself.
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    var wasToldTo = await worker.WaitForShutdownAsync(stopping);
                    if (!worker.IsLost)
                    {
                        return wasToldTo ? ExitCode.Done : ExitCode.Failed;
                    }

                    if (++losses == MostLosses)
                    {
                        await Console.Error.WriteLineAsync($"The database was lost {losses} times: a fresh process has to begin.");
                        return ExitCode.Failed;
                    }
                }
                catch (StorageException e) when (e.IsTaken)
                {
                    // Stands by.
                }
                catch (StorageException e) when (losses > 0 && e.MayPass)
                {
                    await Console.Error.WriteLineAsync(e.Message);
                    await Task.Delay(s_beginAgain, stopping);
                }

                await Worker.StandByAsync(settings, hasWorked: losses > 0, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
    }
}
