using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers;

/// <summary>Which plugins there are, and which drivers serve. Safe for many threads; a reader sees one load or the next, whole.</summary>
internal sealed partial class DriverCatalog(IOptions<DriversOptions> options, DriverCache cache, DriverLoader loader, ILogger<DriverCatalog> logger)
{
    private volatile Content _content = new([], FrozenDictionary<DriverId, LoadedDriver>.Empty);

    /// <summary>Every plugin: the entries in their order, then the folders without one.</summary>
    public IReadOnlyList<DriverRow> Rows => _content.Rows;

    /// <summary>Whether every enabled plugin has been loaded or refused.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The drivers that serve, by id.</summary>
    public IEnumerable<LoadedDriver> Loaded => _content.Loaded.Values.OrderBy(d => d.Id.Value, StringComparer.Ordinal);

    /// <summary>The generation that serves now. A caller keeps it for one run, not longer.</summary>
    public bool TryGet(DriverId id, [NotNullWhen(true)] out LoadedDriver? driver) => _content.Loaded.TryGetValue(id, out driver);

    /// <summary>Loads what plugins.json lists; called once, before the host serves. A bad plugin is a row, never an exception.</summary>
    /// <exception cref="PluginsFileException">plugins.json cannot be used.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var file = PluginsFile.Read(options.Value.Plugins);
        var rows = new List<DriverRow>();
        var loaded = new Dictionary<DriverId, LoadedDriver>();
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in file.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (row, driver, folder) = await LoadAsync(file, entry, cancellationToken);
            rows.Add(row);
            if (driver is not null && folder is not null)
            {
                loaded.Add(driver.Id, driver);
                kept.Add(folder);
                Log.Loaded(logger, row.Id, row.Version, driver.Generation);
            }
            else if (row.State == DriverState.Refused)
            {
                Log.Refused(logger, row.Id, row.Reason, row.Remedy);
            }
        }

        rows.AddRange(PluginInspection.FindUnlisted(file).Select(DescribeUnlisted));
        _content = new Content(rows, loaded.ToFrozenDictionary());
        IsComplete = true;
        Sweep(kept);
    }

    private async Task<(DriverRow Row, LoadedDriver? Driver, string? Folder)> LoadAsync(PluginsFile file, PluginEntry entry, CancellationToken cancellationToken)
    {
        var row = new DriverRow(new DriverId(entry.Id), entry.Path, DriverState.Refused);
        var folder = Path.Combine(file.PluginsFolder, entry.Path);
        if (!entry.Enabled)
        {
            var plugin = PluginInspection.Inspect(folder);
            return (row with { State = DriverState.Disabled, Manifest = plugin.Manifest, Sha256 = plugin.Sha256, Reason = "Its entry in plugins.json is disabled." }, null, null);
        }

        if (entry.Isolation == PluginIsolation.Process)
        {
            return (Refuse(row, [new("Isolation \"process\" is not offered yet.", "Set isolation to \"in_process\", or disable the entry.")]), null, null);
        }

        try
        {
            var copy = cache.Add(folder);
            row = row with { Sha256 = copy.Sha256 };
            var preflight = Preflight.Check(copy.Folder);
            row = row with { Manifest = preflight.Manifest };
            var findings = PinCheck.Check(entry, file.RequirePins, preflight.Manifest, copy.Sha256).Concat(preflight.Findings).ToList();
            if (findings.Count > 0 || preflight.Manifest is not { } manifest)
            {
                return (Refuse(row, findings), null, null);
            }

            var result = await loader.LoadAsync(copy, manifest, generation: 1, cancellationToken);
            return result.Driver is { } driver
                ? (row with { State = DriverState.Loaded, Generation = driver.Generation, Capabilities = driver.Capabilities }, driver with { Settings = entry.Settings }, copy.Folder)
                : (Refuse(row, result.Refusal is { } refusal ? [refusal] : []), null, null);
        }
        catch (PluginFolderException e)
        {
            return (Refuse(row, [e.Finding]), null, null);
        }
    }

    private static DriverRow Refuse(DriverRow row, IReadOnlyList<Finding> findings) => row with
    {
        State = DriverState.Refused,
        Reason = string.Join(' ', findings.Select(f => f.Reason)),
        Remedy = string.Join(' ', findings.Select(f => f.Remedy).Distinct()),
    };

    private static DriverRow DescribeUnlisted(string folder)
    {
        var plugin = PluginInspection.Inspect(folder);
        var row = new DriverRow(new DriverId(plugin.Id), Path.GetFileName(folder), DriverState.Unlisted) { Manifest = plugin.Manifest, Sha256 = plugin.Sha256 };
        return plugin.Findings.Count > 0
            ? Refuse(row, plugin.Findings) with { State = DriverState.Unlisted }
            : row with { Reason = "It has no entry in plugins.json.", Remedy = $"Run `plugins enable {plugin.Id}` after checking where the folder came from." };
    }

    /// <summary>Copies that nothing serves from are dead weight, and no more than that.</summary>
    private void Sweep(HashSet<string> kept)
    {
        try
        {
            cache.Sweep(kept);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotSwept(logger, e);
        }
    }

    private sealed record Content(IReadOnlyList<DriverRow> Rows, FrozenDictionary<DriverId, LoadedDriver> Loaded);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1000, Level = LogLevel.Information, Message = "Driver {Driver} {Version} is loaded, generation {Generation}.")]
        public static partial void Loaded(ILogger logger, DriverId driver, string? version, int generation);

        [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "Driver {Driver} is refused: {Reason} {Remedy}")]
        public static partial void Refused(ILogger logger, DriverId driver, string? reason, string? remedy);

        [LoggerMessage(EventId = 1002, Level = LogLevel.Warning, Message = "Old copies of drivers could not be deleted.")]
        public static partial void NotSwept(ILogger logger, Exception exception);
    }
}
