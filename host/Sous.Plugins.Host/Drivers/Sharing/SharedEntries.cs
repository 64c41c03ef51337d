using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>
/// The drivers that all hosts of a database have in common, so that whichever works, works with the same. A plugins.json proposes: what the hosts
/// had not yet, or what its operator changed since that host last worked, is taken up by all; else what the hosts share stands, and the bytes that a
/// host lacks are fetched by their hash. For one caller at a time where nothing else is said.
/// </summary>
internal sealed partial class SharedEntries(
    SharedStores stores, SharedList list, SharedBuilds builds, Adoption adoption, DriverCache cache, IOptions<DriversOptions> options, TimeProvider clock, ILogger<SharedEntries> logger)
{
    private readonly TakenPrints _taken = new(Path.Combine(options.Value.Data, "plugins-taken.json"));
    private readonly ConcurrentDictionary<string, bool> _preferred = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    // What was decided, and what of it loads have carried out.
    private long _decided;
    private long _beingSettled;
    private long _settled;

    /// <summary>Whether what was decided is still to be carried out, here or for the others: a load tries it again. Safe for many threads.</summary>
    public bool IsUnsettled => Interlocked.Read(ref _settled) != Interlocked.Read(ref _decided);

    /// <summary>Has what this host's plugins.json says of a driver taken up by all with the next load, though they had it before and replaced it. Safe for many threads.</summary>
    public void Prefer(string id) => _preferred[id] = true;

    /// <summary>The entries to go by: this host's own, or what the hosts share. A host that helps goes by what they share.</summary>
    /// <exception cref="StorageException">The database cannot be read.</exception>
    public async Task<IReadOnlyList<ChosenEntry>> ChooseAsync(PluginsFile file, CancellationToken cancellationToken)
    {
        _beingSettled = Interlocked.Increment(ref _decided);
        var shared = await list.ReadAsync(cancellationToken);
        var taken = _taken.Read(shared.Key);
        var chosen = new List<ChosenEntry>();
        foreach (var entry in file.Entries)
        {
            var own = new ChosenEntry(entry, Path.Combine(file.PluginsFolder, entry.Path));
            var isPreferred = _preferred.ContainsKey(entry.Id);
            chosen.Add(
                shared.Forged.Contains(entry.Id) && !isPreferred ? own with { IsOwn = false, Missing = Forged(entry.Id) }
                : shared.Entries.GetValueOrDefault(entry.Id) is not { } known ? own
                : stores.Use != StoreUse.Work || !(isPreferred || IsNews(own, known, taken)) ? await TakeAsync(known, own, cancellationToken)
                : known.IsStopped ? own with { Entry = entry with { Enabled = false }, WhyDisabled = Stopped(entry.Id) }
                : own);
        }

        foreach (var id in shared.Forged.Where(id => file.Entries.All(entry => entry.Id != id)))
        {
            chosen.Add(new ChosenEntry(new PluginEntry(id, id), Path.Combine(file.PluginsFolder, id)) { IsOwn = false, Missing = Forged(id) });
        }

        foreach (var known in shared.Entries.Values.Where(known => !known.IsRemoved && file.Entries.All(entry => entry.Id != known.Id) && !IsRemoved(known, taken)))
        {
            chosen.Add(await TakeAsync(known, null, cancellationToken));
        }

        if (stores.Use == StoreUse.Help && taken is not null)
        {
            Remember(file, shared, taken);
        }

        return chosen;
    }

    /// <summary>What the hosts share in place of an entry whose own bytes are refused; null where that is nothing else.</summary>
    /// <exception cref="StorageException">The database cannot be read.</exception>
    public async Task<ChosenEntry?> FindInsteadAsync(ChosenEntry refused, string? sha256, CancellationToken cancellationToken)
        => refused.IsOwn && (await list.ReadAsync(cancellationToken)).Entries.GetValueOrDefault(refused.Entry.Id) is { IsRemoved: false } known && known.Sha256 != sha256
            ? (await TakeAsync(known, null, cancellationToken)) with { IsInstead = true } : null;

    /// <summary>Has all hosts take up what this one, which works, goes by. What cannot be shared is told, and serves here all the same.</summary>
    public async Task KeepAsync(PluginsFile file, IReadOnlyList<(ChosenEntry Chosen, DriverRow Row)> used, CancellationToken cancellationToken)
    {
        try
        {
            var isShared = stores.Use != StoreUse.Work || (await adoption.FindWaitingAsync(cancellationToken) is null && await ShareAsync(file, used, cancellationToken));
            if (isShared && !used.Any(static one => one.Chosen.MayCome))
            {
                Interlocked.Exchange(ref _settled, _beingSettled);
                _told.Remove("");
            }
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            Tell("", e.Message, () => Log.NotShared(logger, e.Message));
        }
    }

    /// <summary>Disables a driver on all hosts, or lets it serve again, whatever their plugins.json say; a load carries it out. Safe for many threads.</summary>
    /// <returns>False where they do not share it.</returns>
    /// <exception cref="StorageException">The database cannot be used.</exception>
    public async Task<bool> StopAsync(string id, bool stop, AuditEntry audit, CancellationToken cancellationToken)
    {
        // Before it too: where the connection breaks amid the commit, it may be stored all the same.
        Interlocked.Increment(ref _decided);
        var isShared = await list.ChangeAsync(
            id,
            known => known is null ? null : stop ? known with { IsStopped = true } : (known with { IsStopped = false, IsRemoved = false, Enabled = true }).After(known),
            audit,
            cancellationToken);
        Interlocked.Increment(ref _decided);
        return isShared;
    }

    private static string Stopped(string id) => $"An operator disabled it on all hosts: `plugins enable {id}` lets it serve again.";

    private static Finding Forged(string id)
        => new($"What the database says of the driver \"{id}\" was not written by a host.", $"Look who writes there but the hosts; `plugins pin {id}` has what lies on this host taken up.");

    /// <summary>Whether this host's plugins.json says what the hosts have not had, or what its operator made it say since this one last worked.</summary>
    private static bool IsNews(ChosenEntry own, SharedEntry known, IReadOnlyDictionary<string, string>? taken)
    {
        if (HashOf(own.Folder) is not { } sha256)
        {
            return false;
        }

        var print = SharedEntry.Print(own.Entry, sha256);
        return (print == known.Print() && !known.IsRemoved)
            || (taken?.GetValueOrDefault(known.Id) is { } before ? print != before
                : !known.Former.Any(former => former.Print == print) && (known.Sha256 == sha256 ? !known.IsRemoved : known.Former.All(former => former.Sha256 != sha256)));
    }

    /// <summary>Whether it was taken out of this host's plugins.json since it last worked.</summary>
    private static bool IsRemoved(SharedEntry known, IReadOnlyDictionary<string, string>? taken) => taken?.GetValueOrDefault(known.Id) is { Length: > 0 };

    /// <summary>Null where the folder cannot be read.</summary>
    private static string? PrintOf(PluginEntry entry, string folder) => HashOf(folder) is { } sha256 ? SharedEntry.Print(entry, sha256) : null;

    private static string? HashOf(string folder)
    {
        try
        {
            return FolderHash.Compute(folder);
        }
        catch (PluginFolderException)
        {
            return null;
        }
    }

    /// <param name="own">What this host's plugins.json says instead, or null.</param>
    private async Task<ChosenEntry> TakeAsync(SharedEntry known, ChosenEntry? own, CancellationToken cancellationToken)
    {
        if (own is not null && known.IsRemoved)
        {
            return own with { IsOwn = false, Entry = own.Entry with { Enabled = false }, WhyDisabled = $"It was taken out of plugins.json on another host, and so of all: `plugins enable {known.Id}` has them take it up again." };
        }

        if (own is not null && stores.Use == StoreUse.Work && PrintOf(own.Entry, own.Folder) is { } print && print != known.Print())
        {
            Tell(known.Id, print, () => Log.IsBehind(logger, known.Id, known.Version, known.Sha256));
        }

        var chosen = new ChosenEntry(known.ToEntry(), cache.FolderOf(known.Sha256)) { IsOwn = false, WhyDisabled = known.IsStopped ? Stopped(known.Id) : "The hosts share it disabled." };
        if (cache.Has(known.Sha256))
        {
            return chosen;
        }

        if (own is not null && HashOf(own.Folder) == known.Sha256)
        {
            return chosen with { Folder = own.Folder };
        }

        var (missing, mayCome) = await builds.FetchAsync(known, cancellationToken);
        return chosen with { Missing = missing, MayCome = mayCome };
    }

    /// <returns>False where it is to be tried again.</returns>
    private async Task<bool> ShareAsync(PluginsFile file, IReadOnlyList<(ChosenEntry Chosen, DriverRow Row)> used, CancellationToken cancellationToken)
    {
        var before = await list.ReadAsync(cancellationToken);
        var taken = _taken.Read(before.Key);
        var isWhole = true;
        foreach (var (chosen, row) in used.Where(static one => one.Chosen.IsOwn))
        {
            try
            {
                await ShareAsync(chosen, row, cancellationToken);
                _preferred.TryRemove(chosen.Entry.Id, out _);
            }
            catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
            {
                // One that is not taken holds up no other.
                isWhole = false;
                Tell("", e.Message, () => Log.NotShared(logger, e.Message));
            }
        }

        foreach (var gone in before.Entries.Values.Where(known => !known.IsRemoved && file.Entries.All(entry => entry.Id != known.Id) && IsRemoved(known, taken)))
        {
            var audit = AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Host, "plugin.unshared", target: gone.Id);
            await list.ChangeAsync(gone.Id, static known => known is null ? null : (known with { IsRemoved = true }).After(known), audit, cancellationToken);
        }

        var after = await list.ReadAsync(cancellationToken);
        if (after.Forged.Count == 0)
        {
            await stores.Builds.Keep([.. after.Entries.Values.Select(static entry => entry.Sha256)], cancellationToken);
        }

        if (isWhole)
        {
            _taken.Keep(await list.ReadKeyAsync(cancellationToken), Prints(file, used, after, taken));
        }

        return isWhole;
    }

    /// <summary>What plugins.json says now; "" of what the hosts share and it does not list.</summary>
    private static Dictionary<string, string> Prints(PluginsFile file, IReadOnlyList<(ChosenEntry Chosen, DriverRow Row)> used, SharedList.Content shared, IReadOnlyDictionary<string, string>? taken)
    {
        var prints = shared.Entries.Keys.ToDictionary(static id => id, static _ => "", StringComparer.Ordinal);
        foreach (var entry in file.Entries)
        {
            // What was tried and refused stays what it was: news, where it was that.
            var (chosen, row) = used.First(one => one.Chosen.Entry.Id == entry.Id);
            var isRefused = (chosen.IsOwn || chosen.IsInstead) && row is { State: DriverState.Refused } or { State: DriverState.Loaded, Reason: not null };
            var print = isRefused ? null : PrintOf(entry, Path.Combine(file.PluginsFolder, entry.Path));
            prints.Remove(entry.Id);
            if ((print ?? taken?.GetValueOrDefault(entry.Id)) is { } known)
            {
                prints.Add(entry.Id, known);
            }
        }

        return prints;
    }

    private async Task ShareAsync(ChosenEntry chosen, DriverRow row, CancellationToken cancellationToken)
    {
        if (chosen.Entry.Isolation != PluginIsolation.InProcess || row is not { Manifest.Version: { } version, Sha256: { } sha256 } || row is not ({ State: DriverState.Loaded, Reason: null } or { State: DriverState.Disabled }))
        {
            return;
        }

        try
        {
            if ((cache.Has(sha256) ? new CachedPlugin(cache.FolderOf(sha256), sha256) : cache.Add(chosen.Folder)) is var copy && copy.Sha256 == sha256)
            {
                await builds.SaveAsync(chosen.Entry.Id, copy, _preferred.ContainsKey(chosen.Entry.Id), cancellationToken);
            }
        }
        catch (PluginFolderException e)
        {
            // It is disabled, and nobody can load it.
            Tell(chosen.Entry.Id, e.Message, () => Log.NotShared(logger, e.Message));
            return;
        }

        var audit = AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Host, "plugin.shared", target: chosen.Entry.Id, detail: $"version {version}, {sha256}");
        if (await list.ChangeAsync(chosen.Entry.Id, known => Next(known, chosen.Entry, version, sha256), audit, cancellationToken))
        {
            Log.Shared(logger, chosen.Entry.Id, version, sha256);
        }
    }

    /// <summary>Null where the hosts have it so already. Whether it is stopped the operator says, and no file.</summary>
    private SharedEntry? Next(SharedEntry? known, PluginEntry entry, string version, string sha256)
    {
        var next = SharedEntry.Of(entry, version, sha256) with { Since = clock.GetUtcNow() };
        next = known is { IsStopped: true } ? next with { IsStopped = true, Enabled = known.Enabled } : next;
        return known is { IsRemoved: false } && known.Print() == next.Print() ? null : next.After(known);
    }

    /// <summary>A host that helps has what the hosts share in its own plugins.json too: that it said so is known when it works again.</summary>
    private void Remember(PluginsFile file, SharedList.Content shared, IReadOnlyDictionary<string, string> taken)
    {
        var prints = new Dictionary<string, string>(taken, StringComparer.Ordinal);
        foreach (var entry in file.Entries)
        {
            if (PrintOf(entry, Path.Combine(file.PluginsFolder, entry.Path)) is { } print && shared.Entries.GetValueOrDefault(entry.Id) is { IsRemoved: false } known && known.Print() == print)
            {
                prints[entry.Id] = print;
            }
        }

        try
        {
            _taken.Keep(shared.Key!, prints);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell("", e.Message, () => Log.NotShared(logger, e.Message));
        }
    }

    private void Tell(string id, string what, Action tell)
    {
        if (_told.GetValueOrDefault(id) != what)
        {
            _told[id] = what;
            tell();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1050, Level = LogLevel.Information, Message = "Driver {Driver} {Version} is shared with the other hosts: {Sha256}.")]
        public static partial void Shared(ILogger logger, string driver, string version, string sha256);

        [LoggerMessage(EventId = 1052, Level = LogLevel.Warning, Message = "What plugins.json says of the driver {Driver} the hosts had before and replaced: what they share serves, version {Version}, {Sha256}. The verb plugins pin has all of them take what this one has.")]
        public static partial void IsBehind(ILogger logger, string driver, string version, string sha256);

        [LoggerMessage(EventId = 1054, Level = LogLevel.Warning, Message = "Not all drivers are shared with the other hosts; it is tried again: {Reason}")]
        public static partial void NotShared(ILogger logger, string reason);
    }
}
