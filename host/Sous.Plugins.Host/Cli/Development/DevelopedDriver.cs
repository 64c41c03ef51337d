using System.CommandLine;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>A driver's project and what becomes of its builds.</summary>
/// <param name="page">Which page is compared, as the host is asked for it.</param>
internal sealed class DevelopedDriver(DriverProject project, JsonNode page, ParseResult parsed, TimeProvider clock)
{
    private DevelopedEntry? _entry;

    /// <summary>Builds it, and has the running host serve it. What fails is in the report.</summary>
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
        if (_entry is null)
        {
            return;
        }

        await using var running = TryFind();
        var host = running is { IsRunning: true } ? running.Online() : null;
        if (!keep)
        {
            await _entry.RestoreAsync(host);
        }

        try
        {
            await (host is null ? Task.CompletedTask : host.DeleteAsync(Address(_entry.Id), CancellationToken.None));
        }
        catch (Exception e) when (e is HostRefusedException or HttpRequestException)
        {
            // A host that has gone keeps nothing.
        }
    }

    private RunningHost? TryFind()
    {
        try
        {
            return RunningHost.Find(parsed);
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private async Task<BuildReport> ServeAsync(BuildReport report, string folder, CancellationToken cancellationToken)
    {
        var plugin = PluginInspection.Inspect(folder);
        report = report with { Plugin = plugin };
        if (plugin.Findings.Count > 0 || plugin.Manifest is not { } manifest)
        {
            return report with { Refusal = string.Join(' ', plugin.Findings.Select(static finding => $"{finding.Reason} {finding.Remedy}")) };
        }

        try
        {
            return await ServeAsync(report, folder, manifest, cancellationToken);
        }
        catch (Exception e) when (e is PluginsFileException or StorageException or HttpRequestException or IOException or UnauthorizedAccessException)
        {
            // Somebody edits plugins.json, or the host starts or stops just now: the next build may fare better.
            return report with { Refusal = e.Message };
        }
    }

    private async Task<BuildReport> ServeAsync(BuildReport report, string folder, DriverManifest manifest, CancellationToken cancellationToken)
    {
        await using var running = RunningHost.Find(parsed);
        if (!running.IsRunning)
        {
            return report with { Note = $"No host runs on the data folder {running.Folder?.Path}, so it was built and checked alone: start one there with `run`, or name another with --data." };
        }

        var host = running.Online();
        if (_entry is null)
        {
            // As the build that serves now maps it: the first one of this verb is compared with that.
            await host.DeleteAsync(Address(manifest.Id), cancellationToken);
            await CompareAsync(report, host, manifest.Id, cancellationToken);
            _entry = new DevelopedEntry(manifest.Id);
        }

        if (_entry.Id != manifest.Id)
        {
            return report with { Refusal = $"The driver was {_entry.Id} and is {manifest.Id} now: end this, and begin anew." };
        }

        var plugins = parsed.GetValue(DevVerb.Plugins) ?? running.Plugins ?? new DriversOptions().Plugins;
        var (driver, refusal) = await _entry.ServeAsync(host, plugins, folder, manifest, cancellationToken);
        report = report with { Driver = driver, Refusal = refusal };
        return refusal is null ? await CompareAsync(report, host, manifest.Id, cancellationToken) : report;
    }

    private async Task<BuildReport> CompareAsync(BuildReport report, HostClient host, string id, CancellationToken cancellationToken)
    {
        try
        {
            return report with { Page = await host.PostAsync(Address(id), page, cancellationToken) };
        }
        catch (HostRefusedException e)
        {
            return report with { Note = $"No page is compared: {e.Message}", IsPageBroken = e.StatusCode == StatusCodes.Status502BadGateway };
        }
    }

    private static string Address(string id) => $"api/v1/drivers/{Uri.EscapeDataString(id)}/page";
}
