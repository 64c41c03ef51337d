using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Packages;
using Sous.Plugins.Host.Drivers.Sharing;

namespace Sous.Plugins.Host.Drivers;

/// <summary>
/// Which plugins there are, and which drivers serve. A driver whose bytes changed is loaded as a new generation beside the old:
/// what runs drains on the old, what begins takes the new, and where the new one is no good the old goes on serving. Safe for
/// many threads; a reader sees one load or the next, whole.
/// </summary>
internal sealed partial class DriverCatalog(
    IOptions<DriversOptions> options, DriverCache cache, DriverLoader loader, DriverTrial trial, DriverDefects defects, TimeProvider clock, ILogger<DriverCatalog> logger, SharedEntries? shared = null) : IDisposable
{
    /// <summary>How long a run may go on in a generation that was replaced.</summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _refreshing = new(1);
    // By text, here and below: collections of a struct of our own are compiled anew at each start.
    private readonly Dictionary<string, ImmutableList<LoadedDriver>> _generations = new(StringComparer.Ordinal);
    private volatile Content _content = new([], FrozenDictionary<string, LoadedDriver>.Empty, null, AutoEnable: false);

    /// <summary>Called when another generation of a driver serves, none any more, or the same one again after a quarantine. All at once; whoever listens returns soon and does not throw.</summary>
    public event Action<DriverId>? Changed;

    /// <summary>Every plugin, as it stands now: the entries in their order, then the folders without one.</summary>
    public IReadOnlyList<DriverRow> Rows => [.. _content.Rows.Select(defects.Mark)];

    /// <summary>Whether every enabled plugin has been loaded or refused.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether a load has still to carry out, or to share with other hosts, what was decided.</summary>
    public bool IsUnsettled => shared?.IsUnsettled == true;

    /// <summary>The folder that drivers live in; null before the first load.</summary>
    public string? PluginsFolder => _content.PluginsFolder;

    /// <summary>Whether a folder without an entry gets one by itself.</summary>
    public bool AutoEnable => _content.AutoEnable;

    /// <summary>The drivers that serve, by id.</summary>
    public IEnumerable<LoadedDriver> Loaded => _content.Loaded.Values.OrderBy(d => d.Id.Value, StringComparer.Ordinal);

    /// <summary>The generation that serves now. A caller keeps it for one run, not longer.</summary>
    public bool TryGet(DriverId id, [NotNullWhen(true)] out LoadedDriver? driver) => _content.Loaded.TryGetValue(id.Value, out driver);

    /// <summary>Has everybody who works with a driver look at it anew, although the same generation serves.</summary>
    public void LookAnew(DriverId id) => Changed?.Invoke(id);

    /// <summary>Loads what plugins.json lists; called once, before the host serves. A bad plugin is a row, never an exception.</summary>
    /// <exception cref="PluginsFileException">plugins.json cannot be used.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var kept = await RefreshAsync(cancellationToken);
        IsComplete = true;
        Sweep(kept);
    }

    /// <summary>Takes up what plugins.json and the folders have become. What serves goes on serving until the next does.</summary>
    /// <returns>The copies that the generations that serve are loaded from.</returns>
    /// <exception cref="PluginsFileException">plugins.json cannot be used; nothing changed.</exception>
    public async Task<IReadOnlySet<string>> RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var file = PluginsFile.Read(options.Value);
            var before = _content.Loaded;
            var rows = new List<DriverRow>();
            var loaded = new Dictionary<string, LoadedDriver>(StringComparer.Ordinal);
            var kept = new HashSet<string>(StringComparer.Ordinal);
            var used = new List<(ChosenEntry Chosen, DriverRow Row)>();
            foreach (var own in await ChooseAsync(file, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (chosen, (row, driver, folder)) = await LoadAsync(file, own, before.GetValueOrDefault(own.Entry.Id), cancellationToken);
                rows.Add(row);
                used.Add((chosen, row));
                if (driver is not null)
                {
                    loaded.Add(driver.Id.Value, driver);
                }

                kept.UnionWith(folder is null ? [] : [folder]);
            }

            var unlisted = PluginInspection.FindUnlisted(file).Select(PluginInspection.Inspect).ToList();
            rows = rows.ConvertAll(row => row with
            {
                Newer = NewerPlugin.Find(row.Id.Value, row.Version, unlisted),
                Package = PackageOrigin.Find(file.PluginsFolder, row.Id.Value, row.Manifest),
            });
            rows.AddRange(unlisted.Select(plugin => DescribeUnlisted(plugin, unlisted, file)));
            // Others know of a generation before it writes a checkpoint that an older one might meet.
            await (shared?.KeepAsync(file, used, cancellationToken) ?? Task.CompletedTask);
            _content = new Content(rows, loaded.ToFrozenDictionary(StringComparer.Ordinal), file.PluginsFolder, file.AutoEnable);
            Tell(before, _content);
            return kept;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose()
    {
        _refreshing.Dispose();
        foreach (var driver in _generations.Values.SelectMany(static known => known))
        {
            driver.Use.Dispose();
        }
    }

    private async Task<IReadOnlyList<ChosenEntry>> ChooseAsync(PluginsFile file, CancellationToken cancellationToken) => shared is null
        ? [.. file.Entries.Select(entry => new ChosenEntry(entry, Path.Combine(file.PluginsFolder, entry.Path)))]
        : await shared.ChooseAsync(file, cancellationToken);

    /// <summary>Loads an entry, or what the hosts share in the place of one that cannot be.</summary>
    private async Task<(ChosenEntry Chosen, Taken Taken)> LoadAsync(PluginsFile file, ChosenEntry own, LoadedDriver? serving, CancellationToken cancellationToken)
    {
        var taken = await TakeAsync(file, own, serving, cancellationToken);
        if (shared is null || taken is not { Driver: null, Row.State: DriverState.Refused } || await shared.FindInsteadAsync(own, taken.Row.Sha256, cancellationToken) is not { } instead)
        {
            return (own, taken);
        }

        var given = await TakeAsync(file, instead, serving, cancellationToken);
        return (instead, given with { Row = given.Row with { Reason = given.Row.Reason ?? $"What the hosts share serves, since what plugins.json names here is not taken: {taken.Row.Reason}", Remedy = given.Row.Remedy ?? taken.Row.Remedy } });
    }

    private async Task<Taken> TakeAsync(PluginsFile file, ChosenEntry chosen, LoadedDriver? serving, CancellationToken cancellationToken)
    {
        var (entry, folder) = chosen;
        var row = new DriverRow(new DriverId(entry.Id), entry.Path, DriverState.Refused);
        if (!entry.Enabled)
        {
            var plugin = PluginInspection.Inspect(folder);
            return new Taken(row with { State = DriverState.Disabled, Manifest = plugin.Manifest, Conformance = plugin.Conformance, Sha256 = plugin.Sha256, Reason = chosen.WhyDisabled }, null, null);
        }

        if (chosen.Missing is { } missing)
        {
            return Keep(row, [missing], entry, serving);
        }

        if (entry.Isolation == PluginIsolation.Process)
        {
            return Keep(row, [new("Isolation \"process\" is not offered yet.", "Set isolation to \"in_process\", or disable the entry.")], entry, serving);
        }

        try
        {
            var copy = cache.Add(folder);
            row = row with { Sha256 = copy.Sha256 };
            var preflight = Preflight.Check(copy.Folder);
            row = row with { Manifest = preflight.Manifest, Conformance = preflight.Conformance };
            var findings = PinCheck.Check(entry, file.RequirePins, preflight.Manifest, copy.Sha256).Concat(preflight.Findings).ToList();
            if (findings.Count > 0 || preflight.Manifest is not { } manifest)
            {
                return Keep(row, findings, entry, serving);
            }

            if (serving?.Sha256 == copy.Sha256)
            {
                return new Taken(Describe(row, serving), serving with { Settings = entry.Settings, MaxSessions = entry.Limits.Sessions }, copy.Folder);
            }

            var (driver, refusal) = await LoadAsync(copy, manifest, entry, serving, cancellationToken);
            return driver is null ? Keep(row, refusal is null ? [] : [refusal], entry, serving) : new Taken(Describe(row, driver), driver with { Conformance = preflight.Conformance }, copy.Folder);
        }
        catch (PluginFolderException e)
        {
            return Keep(row, [e.Finding], entry, serving);
        }
    }

    private async Task<LoadResult> LoadAsync(CachedPlugin copy, Sdk.Manifests.DriverManifest manifest, PluginEntry entry, LoadedDriver? serving, CancellationToken cancellationToken)
    {
        var known = _generations.GetValueOrDefault(entry.Id, []);
        if (known.Find(one => one.Sha256 == copy.Sha256) is { } again)
        {
            // The very bytes lie in memory already: they serve again, and no copy is added.
            var revived = again with { Settings = entry.Settings, MaxSessions = entry.Limits.Sessions, Use = new GenerationUse() };
            _generations[entry.Id] = known.Replace(again, revived);
            return new LoadResult(revived, null);
        }

        var result = await loader.LoadAsync(copy, manifest, known.IsEmpty ? 1 : known[0].Generation + 1, cancellationToken);
        if (result.Driver is not { } loaded)
        {
            return result;
        }

        var driver = loaded with { Settings = entry.Settings, MaxSessions = entry.Limits.Sessions };
        if (serving is not null && await trial(driver, cancellationToken) is { } objection)
        {
            return new LoadResult(null, objection);
        }

        _generations[entry.Id] = known.Insert(0, driver);
        return new LoadResult(driver, null);
    }

    private DriverRow Describe(DriverRow row, LoadedDriver driver) => row with
    {
        State = DriverState.Loaded,
        Generation = driver.Generation,
        Generations = _generations.GetValueOrDefault(driver.Id.Value, []),
        Capabilities = driver.Capabilities,
    };

    /// <summary>Refused; where a generation serves that is good, it goes on.</summary>
    private Taken Keep(DriverRow row, IReadOnlyList<Finding> findings, PluginEntry entry, LoadedDriver? serving)
    {
        var refused = Refuse(row, findings);
        if (serving is null)
        {
            return new Taken(refused, null, null);
        }

        var kept = Describe(refused, serving) with
        {
            Manifest = serving.Manifest,
            Conformance = serving.Conformance,
            Sha256 = serving.Sha256,
            Reason = $"Generation {serving.Generation}, version {serving.Manifest.Version}, goes on serving, since what lies in its folder now is not taken: {refused.Reason}",
        };
        return new Taken(kept, serving with { Settings = entry.Settings, MaxSessions = entry.Limits.Sessions }, null);
    }

    private void Tell(FrozenDictionary<string, LoadedDriver> before, Content now)
    {
        foreach (var row in now.Rows.Where(static row => row.State == DriverState.Refused || row is { State: DriverState.Loaded, Reason: not null }))
        {
            Log.Refused(logger, row.Id, row.Reason, row.Remedy);
        }

        foreach (var text in before.Keys.Union(now.Loaded.Keys))
        {
            var (id, old, next) = (new DriverId(text), before.GetValueOrDefault(text), now.Loaded.GetValueOrDefault(text));
            if (old?.Generation == next?.Generation)
            {
                continue;
            }

            old?.Use.Retire(DrainDeadline, clock);
            if (next is not null)
            {
                Log.Loaded(logger, id, next.Manifest.Version, next.Generation);
            }
            else
            {
                Log.Gone(logger, id);
            }

            Changed?.Invoke(id);
        }
    }

    private static DriverRow Refuse(DriverRow row, IReadOnlyList<Finding> findings) => row with
    {
        State = DriverState.Refused,
        Reason = string.Join(' ', findings.Select(f => f.Reason)),
        Remedy = string.Join(' ', findings.Select(f => f.Remedy).Distinct()),
    };

    private static DriverRow DescribeUnlisted(InspectedPlugin plugin, IEnumerable<InspectedPlugin> unlisted, PluginsFile file)
    {
        var row = new DriverRow(new DriverId(plugin.Id), Path.GetFileName(plugin.Folder), DriverState.Unlisted) { Manifest = plugin.Manifest, Conformance = plugin.Conformance, Sha256 = plugin.Sha256 };
        return plugin.Findings.Count > 0 ? Refuse(row, plugin.Findings) with { State = DriverState.Unlisted }
            : file.Entries.FirstOrDefault(entry => entry.Id == plugin.Id) is { } entry
            ? row with { Reason = $"The entry \"{plugin.Id}\" names another folder, {entry.Path}.", Remedy = $"Run `plugins enable {plugin.Id} --folder {Path.GetFileName(plugin.Folder)}` to have it take over, or take it away." }
            : unlisted.Where(other => other.Id == plugin.Id).ToList() is { Count: > 1 } alike
            ? Refuse(row, [PluginEntries.Ambiguous(plugin.Id, alike)]) with { State = DriverState.Unlisted }
            : row with { Reason = "It has no entry in plugins.json.", Remedy = $"Run `plugins enable {plugin.Id}` after checking where the folder came from." };
    }

    /// <summary>Copies that nothing serves from are dead weight, and no more than that. Later ones stay: old generations load from theirs what they use first now.</summary>
    private void Sweep(IReadOnlySet<string> kept)
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

    /// <summary>What became of an entry.</summary>
    private sealed record Taken(DriverRow Row, LoadedDriver? Driver, string? Folder);

    private sealed record Content(IReadOnlyList<DriverRow> Rows, FrozenDictionary<string, LoadedDriver> Loaded, string? PluginsFolder, bool AutoEnable);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1000, Level = LogLevel.Information, Message = "Driver {Driver} {Version} is loaded, generation {Generation}.")]
        public static partial void Loaded(ILogger logger, DriverId driver, string? version, int generation);

        [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "Driver {Driver} is refused: {Reason} {Remedy}")]
        public static partial void Refused(ILogger logger, DriverId driver, string? reason, string? remedy);

        [LoggerMessage(EventId = 1002, Level = LogLevel.Warning, Message = "Old copies of drivers could not be deleted.")]
        public static partial void NotSwept(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 1003, Level = LogLevel.Information, Message = "Driver {Driver} serves no more.")]
        public static partial void Gone(ILogger logger, DriverId driver);
    }
}
