using System.ServiceProcess;
using Microsoft.Extensions.Hosting.WindowsServices;

namespace Sous.Plugins.Host.Cli;

/// <summary>The worker as a service of Windows, whose manager starts it, stops it, and begins it anew where it failed. Why it failed is in the event log, where its source is registered.</summary>
internal static partial class WindowsService
{
    /// <summary>Whether the service manager started this process.</summary>
    public static bool IsMeant => WindowsServiceHelpers.IsWindowsService();

    /// <param name="name">As the event log calls it.</param>
    /// <param name="runAsync">The worker, until it is told to stop; gives its exit code.</param>
    /// <param name="grace">How long a stop may take.</param>
    public static async Task<int> RunAsync(string name, Func<CancellationToken, Task<int>> runAsync, TimeSpan grace, CancellationToken stopping)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { ApplicationName = name });
        builder.Services.AddWindowsService(options => options.ServiceName = name).Configure<HostOptions>(options => options.ShutdownTimeout = grace);
        using var manager = builder.Build();
        await manager.StartAsync(stopping);
        using var told = CancellationTokenSource.CreateLinkedTokenSource(stopping, manager.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var logger = manager.Services.GetRequiredService<ILoggerFactory>().CreateLogger(name);
        int exitCode;
        try
        {
            exitCode = await runAsync(told.Token);
            if (exitCode != ExitCode.Done)
            {
                Ended(logger, exitCode);
            }
        }
        catch (Exception e) when (VerbFailure.Explain(e) is { } failure)
        {
            exitCode = failure.ExitCode;
            Failed(logger, failure.Sentence);
        }

        if (OperatingSystem.IsWindows() && manager.Services.GetRequiredService<IHostLifetime>() is ServiceBase service)
        {
            // The manager starts again what failed; where a start would change nothing it is not told so.
            service.ExitCode = exitCode == ExitCode.StartForbidden ? ExitCode.Done : exitCode;
        }

        await manager.StopAsync(CancellationToken.None);
        return exitCode;
    }

    [LoggerMessage(2601, LogLevel.Error, "The worker ended with {ExitCode}: a fresh process has to begin.")]
    private static partial void Ended(ILogger logger, int exitCode);

    [LoggerMessage(2600, LogLevel.Critical, "{Sentence}")]
    private static partial void Failed(ILogger logger, string sentence);
}
