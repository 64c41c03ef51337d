using System.CommandLine;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>A driver's project and what becomes of its builds.</summary>
internal sealed class DevelopedDriver(DriverProject project, ParseResult parsed, TimeProvider clock)
{
    private DevelopedEntry? _entry;

    /// <summary>Builds it, and has the running host serve it. What fails is in the report.</summary>
    /// <exception cref="PluginsFileException">plugins.json cannot be used, or not be written.</exception>
    public async Task<BuildReport> BuildAsync(CancellationToken cancellationToken)
    {
        var laid = Directory.CreateTempSubdirectory("sous-dev-").FullName;
        try
        {
            var build = await project.BuildAsync(Path.Combine(laid, "plugins"), clock, cancellationToken);
            var report = new BuildReport(build);
            return build.Folder is null ? report : await ServeAsync(report, build.Folder, cancellationToken);
        }
        finally
        {
            Directory.Delete(laid, recursive: true);
        }
    }

    /// <param name="keep">Whether the last build is to stay.</param>
    public async Task EndAsync(bool keep)
    {
        if (_entry is null || keep)
        {
            return;
        }

        await using var host = RunningHost.Find(parsed);
        await _entry.RestoreAsync(host.IsRunning ? host.Online() : null);
    }

    private async Task<BuildReport> ServeAsync(BuildReport report, string folder, CancellationToken cancellationToken)
    {
        var plugin = PluginInspection.Inspect(folder);
        report = report with { Plugin = plugin };
        if (plugin.Findings.Count > 0 || plugin.Manifest is not { } manifest)
        {
            return report with { Refusal = string.Join(' ', plugin.Findings.Select(static finding => $"{finding.Reason} {finding.Remedy}")) };
        }

        await using var running = RunningHost.Find(parsed);
        if (!running.IsRunning)
        {
            return report with { Note = $"No host runs on the data folder {running.Folder?.Path}, so it was built and checked alone: start one there with `run`, or name another with --data." };
        }

        _entry ??= new DevelopedEntry(manifest.Id);
        if (_entry.Id != manifest.Id)
        {
            return report with { Refusal = $"The driver was {_entry.Id} and is {manifest.Id} now: end this, and begin anew." };
        }

        var plugins = parsed.GetValue(DevVerb.Plugins) ?? running.Plugins ?? new DriversOptions().Plugins;
        var (driver, refusal) = await _entry.ServeAsync(running.Online(), plugins, folder, manifest, cancellationToken);
        return report with { Driver = driver, Refusal = refusal };
    }
}
