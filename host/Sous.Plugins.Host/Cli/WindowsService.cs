using System.ServiceProcess;
using Microsoft.Extensions.Hosting.WindowsServices;

namespace Sous.Plugins.Host.Cli;

/// <summary>The worker as a service of Windows, whose manager starts it, stops it, and begins it anew where it failed. Its failures are in the event log.</summary>
internal sealed partial class WindowsService(Func<CancellationToken, Task<int>> runAsync, IHostLifetime manager, IHostApplicationLifetime lifetime, ILogger<WindowsService> logger) : BackgroundService
{
    private int _exitCode = ExitCode.Failed;

    /// <summary>Whether the service manager started this process.</summary>
    public static bool IsMeant => WindowsServiceHelpers.IsWindowsService();

    /// <param name="name">As the event log calls it.</param>
    /// <param name="runAsync">The worker, until it is told to stop; gives its exit code.</param>
    /// <param name="grace">How long a stop may take.</param>
    public static async Task<int> RunAsync(string name, Func<CancellationToken, Task<int>> runAsync, TimeSpan grace, CancellationToken stopping)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddWindowsService(options => options.ServiceName = name)
            .Configure<HostOptions>(options => options.ShutdownTimeout = grace)
            .AddSingleton(runAsync).AddSingleton<WindowsService>().AddHostedService(static services => services.GetRequiredService<WindowsService>());
        using var host = builder.Build();
        var service = host.Services.GetRequiredService<WindowsService>();
        await host.RunAsync(stopping);
        return service._exitCode;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            _exitCode = await runAsync(stoppingToken);
        }
        catch (Exception e) when (VerbFailure.Explain(e) is { } failure)
        {
            _exitCode = failure.ExitCode;
            Failed(logger, failure.Sentence);
        }

        if (OperatingSystem.IsWindows() && manager is ServiceBase service)
        {
            service.ExitCode = _exitCode;
        }

        lifetime.StopApplication();
    }

    [LoggerMessage(2590, LogLevel.Critical, "{Sentence}")]
    private static partial void Failed(ILogger logger, string sentence);
}
