using System.Diagnostics;
using Sous.Plugins.Host.Tests.Drivers;

namespace Sous.Plugins.Host.Tests.Cli;

/// <summary>A verb of the command line in a process of its own.</summary>
internal static class VerbProcess
{
    /// <summary>The host as it was built.</summary>
    public static string Host { get; } = Path.Combine(PluginsTree.Artifacts, "bin", "Sous.Plugins.Host", "debug", "Sous.Plugins.Host.dll");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<(int Exit, string Output, string Error)> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Host, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, (await output).Trim(), (await error).Trim());
    }
}
