using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>The project of a driver, as its author has it on disk.</summary>
/// <param name="File">Absolute path of the csproj.</param>
internal sealed partial record DriverProject(string File)
{
    private const string Manifest = "driver.json";

    /// <summary>How long what is left in the build's pipes is read once the build itself has ended: what it started may hold them open.</summary>
    private static readonly TimeSpan s_left = TimeSpan.FromSeconds(2);

    public string Folder => Path.GetDirectoryName(File) ?? "/";

    /// <param name="path">A csproj, its folder, or a folder that holds one driver's project somewhere below.</param>
    /// <exception cref="VerbFailedException">It is none of these.</exception>
    public static DriverProject Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (System.IO.File.Exists(full) && full.EndsWith(".csproj", StringComparison.Ordinal))
        {
            return new DriverProject(full);
        }

        if (!Directory.Exists(full))
        {
            throw new VerbFailedException(ExitCode.Failed, $"{full} is neither a folder nor a .csproj: name the driver's project.");
        }

        var found = Directory.EnumerateFiles(full, "*.csproj").ToList() is { Count: > 0 } here ? here
            : Directory.EnumerateFiles(full, "*.csproj", SearchOption.AllDirectories).Where(static file => System.IO.File.Exists(Path.Combine(Path.GetDirectoryName(file) ?? "", Manifest))).ToList();
        return found switch
        {
            [var one] => new DriverProject(one),
            [] => throw new VerbFailedException(ExitCode.Failed, $"In {full} is no project of a driver: one has a {Manifest} beside its .csproj."),
            _ => throw new VerbFailedException(ExitCode.Failed, $"In {full} are {found.Count} projects: name one of {string.Join(", ", found.Select(file => Path.GetRelativePath(full, file)))}."),
        };
    }

    /// <summary>Builds it, and has the build lay the plugin below a folder.</summary>
    /// <exception cref="VerbFailedException">There is no dotnet.</exception>
    public async Task<ProjectBuild> BuildAsync(string into, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        using var process = Start(into);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        await ((Task)Task.WhenAll(output, error)).WaitAsync(s_left, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var text = output.IsCompletedSuccessfully ? await output : "";
        var took = clock.GetElapsedTime(began);
        return process.ExitCode == 0 ? Laid(into, took) : new ProjectBuild(null, took, [.. Errors(text).Distinct()]);
    }

    private static ProjectBuild Laid(string into, TimeSpan took) => (Directory.Exists(into) ? Directory.GetDirectories(into) : []) switch
    {
        [var folder] => new ProjectBuild(folder, took, []),
        [] => new ProjectBuild(null, took, ["The build laid no plugin: a driver references the package Sous.Plugins.Sdk, and does not set IsSousDriver to false."]),
        var several => new ProjectBuild(null, took, [$"The build laid {several.Length} plugins, {string.Join(", ", several.Select(Path.GetFileName))}: a library of a driver sets IsSousDriver to false."]),
    };

    private Process Start(string into)
    {
        // Not incremental: a source that is saved while it is compiled is older than what is made of it, and would count as built.
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
            ["build", File, "--no-incremental", "--nologo", "--verbosity", "quiet", "-tl:off", "-nodeReuse:false", "-consoleLoggerParameters:NoSummary", $"-property:SousPluginsFolder={into}"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        try
        {
            return Process.Start(start) ?? throw new VerbFailedException(ExitCode.Failed, "dotnet build did not start.");
        }
        catch (Win32Exception e)
        {
            throw new VerbFailedException(ExitCode.Failed, $"dotnet build did not start: {e.Message}. Install the .NET SDK.", e);
        }
    }

    /// <summary>The compiler's sentences with their places, without the project that each line ends with.</summary>
    private IEnumerable<string> Errors(string output)
    {
        var found = Error().Matches(output).Select(match => $"{Place(match)}{match.Groups["code"].Value}: {match.Groups["text"].Value}").ToList();
        return found.Count > 0 ? found : output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(ProjectBuild.MostErrors);
    }

    private string Place(Match match)
    {
        var file = match.Groups["file"].Value.Trim();
        return Path.IsPathRooted(file) ? $"{Path.GetRelativePath(Folder, file)}{match.Groups["at"].Value}: " : "";
    }

    [GeneratedRegex(@"^(?<file>.*?)(?<at>\([\d,\-]+\))? ?: error (?<code>[A-Z]+\d+): (?<text>.*?)(?: \[[^\]]*proj\])?\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Error();
}
