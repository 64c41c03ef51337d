using System.ServiceProcess;
using Microsoft.Extensions.Hosting.WindowsServices;

namespace Sous.Plugins.Host.Cli;

/// <summary>The worker as a service of Windows, whose manager starts it, stops it, and begins it anew where it failed. Its failures are in the event log.</summary>
internal static partial class WindowsService
{
    /// <summary>Whether the service manager started this process.</summary>
    public static bool IsMeant => WindowsServiceHelpers.IsWindowsService();

    /// <param name="name">As the event log calls it.</param>
    /// <param name="runAsync">The worker, until it is told to stop; gives its exit code.</param>
    /// <param name="grace">How long a stop may take.</param>
    public static async Task<int> RunAsync(string name, Func<CancellationToken, Task<int>> runAsync, TimeSpan grace, CancellationToken stopping)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddWindowsService(options => options.ServiceName = name).Configure<HostOptions>(options => options.ShutdownTimeout = grace);
        using var manager = builder.Build();
        await manager.StartAsync(stopping);
        using var told = CancellationTokenSource.CreateLinkedTokenSource(stopping, manager.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        int exitCode;
        try
        {
            exitCode = await runAsync(told.Token);
        }
        catch (Exception e) when (VerbFailure.Explain(e) is { } failure)
        {
            exitCode = failure.ExitCode;
            Failed(manager.Services.GetRequiredService<ILoggerFactory>().CreateLogger(name), failure.Sentence);
        }

        if (OperatingSystem.IsWindows() && manager.Services.GetRequiredService<IHostLifetime>() is ServiceBase service)
        {
            service.ExitCode = exitCode;
        }

        await manager.StopAsync(CancellationToken.None);
        return exitCode;
    }

    [LoggerMessage(2600, LogLevel.Critical, "{Sentence}")]
    private static partial void Failed(ILogger logger, string sentence);
}
