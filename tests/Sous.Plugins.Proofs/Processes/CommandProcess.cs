using System.Diagnostics;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Processes;

/// <summary>A verb of the command line, or another program, in a process of its own, to its end.</summary>
/// <param name="Output">stdout.</param>
/// <param name="Error">stderr.</param>
internal sealed record CommandProcess(int Exit, string Output, string Error)
{
    /// <summary>Starts it and ends it by kill -9 after a while, unless it has ended by then.</summary>
    /// <returns>Whether it was killed.</returns>
    public static async Task<bool> KillAsync(TimeSpan after, IReadOnlyDictionary<string, string?> configuration, params string[] arguments)
    {
        using var process = Start(configuration, arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await Task.Delay(after);
        process.Kill();
        await process.WaitForExitAsync();
        await Task.WhenAll(output, error);

        // 128 + SIGKILL
        return process.ExitCode == 137;
    }

    /// <param name="configuration">By key, as in <c>MasterKey</c>; handed over as environment variables.</param>
    public static Task<CommandProcess> RunAsync(IReadOnlyDictionary<string, string?> configuration, CancellationToken cancellationToken, params string[] arguments)
        => RunAsync(ToStart(configuration, arguments), cancellationToken);

    /// <summary>Runs any program; where the test is ended first, it ends with the test, and what it started too.</summary>
    public static async Task<CommandProcess> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            await process.WaitForExitAsync(cancellationToken);
            return new CommandProcess(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Starts it, for whoever speaks to it while it runs.</summary>
    public static Process Start(IReadOnlyDictionary<string, string?> configuration, params string[] arguments) => Process.Start(ToStart(configuration, arguments))!;

    private static ProcessStartInfo ToStart(IReadOnlyDictionary<string, string?> configuration, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(HostProcess.Folder, "Sous.Plugins.Host.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Tree.Root,
        };
        foreach (var (key, value) in configuration)
        {
            start.Environment["SOUS_" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return start;
    }
}
