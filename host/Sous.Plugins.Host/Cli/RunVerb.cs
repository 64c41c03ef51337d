namespace Sous.Plugins.Host.Cli;

/// <summary><c>run</c>: the worker, until it is told to stop.</summary>
internal static class RunVerb
{
    public static async Task<int> RunAsync(HostSettings settings, CancellationToken stopping)
    {
        await using var worker = await Worker.StartAsync(settings, stopping);
        return await worker.WaitForShutdownAsync(stopping) ? ExitCode.Done : ExitCode.Failed;
    }
}
