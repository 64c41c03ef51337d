using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Generations;

/// <summary>
/// Where plugins.json says <c>autoEnable</c>: gives folders that have no entry one, pinned, as <c>plugins enable</c> does. A folder is
/// taken for whole once it stayed the same over three looks and passes its preflight. What has an entry, a disabled one too, is left as it
/// is. For one caller at a time.
/// </summary>
internal sealed partial class DropIns(DriverCatalog catalog, PluginChanges plugins, IOptions<DriversOptions> options, ILogger<DropIns> logger)
{
    private const int Looks = 3;
    private const int MostFiles = 2_000;

    private static readonly EnumerationOptions s_files = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private Dictionary<string, (string Content, int Looks)> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks once at every folder without an entry, and takes in those that are whole.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!catalog.AutoEnable)
        {
            _seen.Clear();
            return;
        }

        try
        {
            var file = PluginsFile.Read(options.Value);
            var now = PluginInspection.FindUnlisted(file).ToDictionary(static folder => folder, Describe, StringComparer.Ordinal);
            _seen = now.ToDictionary(static one => one.Key, one => (one.Value, _seen.GetValueOrDefault(one.Key) is var before && before.Content == one.Value ? before.Looks + 1 : 1), StringComparer.Ordinal);
            foreach (var folder in _seen.Where(static one => one.Value.Looks == Looks).Select(static one => one.Key).ToList())
            {
                await JudgeAsync(file, folder, cancellationToken);
            }
        }
        catch (Exception e) when (e is PluginsFileException or StorageException or IOException or UnauthorizedAccessException)
        {
            // Whoever takes up changes of plugins.json tells of it, once.
            Log.NotLooked(logger, e.Message);
        }
    }

    private async Task JudgeAsync(PluginsFile file, string folder, CancellationToken cancellationToken)
    {
        var plugin = PluginInspection.Inspect(folder);
        if (plugin.Findings.Count > 0 || file.Entries.Any(entry => entry.Id == plugin.Id))
        {
            // What the catalog says of it may be what it was half way through the copying.
            if (catalog.Rows.All(row => row.Sha256 != plugin.Sha256))
            {
                await catalog.RefreshAsync(cancellationToken);
            }

            return;
        }

        var (row, refusal) = await plugins.ChangeAsync(plugin.Id, AuditEntry.Host, "plugin.enabled", PluginEntries.Enable, cancellationToken);
        if (row is null)
        {
            Log.NotEnabled(logger, plugin.Id, refusal?.Reason, refusal?.Remedy);
        }
        else
        {
            Log.Enabled(logger, plugin.Id, folder, plugin.Sha256);
        }
    }

    /// <summary>What changes while files are still being copied.</summary>
    private static string Describe(string folder) => string.Join('\n', new DirectoryInfo(folder).EnumerateFiles("*", s_files).Take(MostFiles)
        .Select(static file => string.Create(CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")).Order(StringComparer.Ordinal));

    private static partial class Log
    {
        [LoggerMessage(EventId = 1011, Level = LogLevel.Information, Message = "Plugin {Plugin} in {Folder} has an entry by itself, since autoEnable is set; pinned to {Sha256}.")]
        public static partial void Enabled(ILogger logger, string plugin, string folder, string? sha256);

        [LoggerMessage(EventId = 1012, Level = LogLevel.Warning, Message = "Plugin {Plugin} gets no entry by itself: {Reason} {Remedy}")]
        public static partial void NotEnabled(ILogger logger, string plugin, string? reason, string? remedy);

        [LoggerMessage(EventId = 1013, Level = LogLevel.Debug, Message = "Folders without an entry were not looked at: {Problem}")]
        public static partial void NotLooked(ILogger logger, string problem);
    }
}
