using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Packages;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>
/// The drivers that all hosts of a database have in common, so that whichever works, works with the same. A plugins.json proposes: what the hosts
/// had not yet, or what its operator changed since that host last worked, is taken up by all; else what the hosts share stands, and the bytes that a
/// host lacks are fetched by their hash. For one caller at a time.
/// </summary>
internal sealed partial class SharedEntries(
    SharedStores stores, IRegistry registry, HostSecrets secrets, Adoption adoption, DriverCache cache, IOptions<DriversOptions> options, TimeProvider clock, ILogger<SharedEntries> logger)
{
    private const int MostFormer = 64;
    private const long MostBytes = 64 << 20;
    private const string Secret = "shared-entries";

    private readonly TakenPrints _taken = new(Path.Combine(options.Value.Data, "plugins-taken.json"));
    private readonly ConcurrentDictionary<string, bool> _preferred = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);

    /// <summary>Has what this host's plugins.json says of a driver taken up by all with the next load, though they had it before and replaced it. Safe for many threads.</summary>
    public void Prefer(string id) => _preferred[id] = true;

    /// <summary>The entries to go by: this host's own, or what the hosts share. A host that helps goes by what they share.</summary>
    /// <exception cref="StorageException">The database cannot be read.</exception>
    public async Task<IReadOnlyList<ChosenEntry>> ChooseAsync(PluginsFile file, CancellationToken cancellationToken)
    {
        var shared = await ListAsync(cancellationToken);
        var taken = _taken.Read();
        var chosen = new List<ChosenEntry>();
        foreach (var entry in file.Entries)
        {
            var own = new ChosenEntry(entry, Path.Combine(file.PluginsFolder, entry.Path));
            var known = shared.GetValueOrDefault(entry.Id);
            chosen.Add(known is null || (stores.Use == StoreUse.Work && (_preferred.ContainsKey(entry.Id) || IsNews(own, known, taken?.GetValueOrDefault(entry.Id), taken is not null)))
                ? own with { Entry = known is { IsStopped: true } ? entry with { Enabled = false } : entry, WhyDisabled = known is { IsStopped: true } ? Stopped(entry.Id) : own.WhyDisabled }
                : await TakeAsync(known, own, cancellationToken));
        }

        foreach (var known in shared.Values.Where(known => file.Entries.All(entry => entry.Id != known.Id) && !IsRemoved(known, taken)))
        {
            chosen.Add(await TakeAsync(known, null, cancellationToken));
        }

        return chosen;
    }

    /// <summary>What the hosts share in place of an entry whose own bytes are refused; null where that is nothing else.</summary>
    public async Task<ChosenEntry?> FindInsteadAsync(ChosenEntry refused, string? sha256, CancellationToken cancellationToken)
        => refused.IsOwn && (await ListAsync(cancellationToken)).GetValueOrDefault(refused.Entry.Id) is { } known && known.Sha256 != sha256
            ? await TakeAsync(known, null, cancellationToken) : null;

    /// <summary>Has all hosts take up what this one, which works, goes by. What cannot be shared is told, and serves here all the same.</summary>
    public async Task KeepAsync(PluginsFile file, IEnumerable<(ChosenEntry Chosen, DriverRow Row)> used, CancellationToken cancellationToken)
    {
        if (stores.Use != StoreUse.Work || await adoption.FindWaitingAsync(cancellationToken) is not null)
        {
            return;
        }

        try
        {
            var shared = await ListAsync(cancellationToken);
            var taken = _taken.Read();
            foreach (var (chosen, row) in used)
            {
                await KeepAsync(chosen, row, shared.GetValueOrDefault(chosen.Entry.Id), cancellationToken);
                _preferred.TryRemove(chosen.Entry.Id, out _);
            }

            foreach (var gone in shared.Values.Where(known => file.Entries.All(entry => entry.Id != known.Id) && IsRemoved(known, taken)))
            {
                await registry.WriteAsync(
                    transaction =>
                    {
                        transaction.Delete(SharedEntry.Collection, gone.Id);
                        transaction.Append(AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Host, "plugin.unshared", target: gone.Id));
                    },
                    cancellationToken);
            }

            await stores.Builds.Keep([.. (await ListAsync(cancellationToken)).Values.Select(static entry => entry.Sha256)], cancellationToken);
            _taken.Keep(file.Entries.Select(entry => (entry.Id, Print: PrintOf(entry, Path.Combine(file.PluginsFolder, entry.Path)))).Where(static one => one.Print is not null).ToDictionary(static one => one.Id, static one => one.Print!, StringComparer.Ordinal));
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException or PluginFolderException)
        {
            Log.NotShared(logger, e.Message);
        }
    }

    /// <summary>Disables a driver on all hosts, or lets it serve again, whatever their plugins.json say.</summary>
    /// <returns>False where they do not share it.</returns>
    public async Task<bool> StopAsync(string id, bool stop, AuditEntry audit, CancellationToken cancellationToken)
    {
        if (!(await ListAsync(cancellationToken)).ContainsKey(id))
        {
            return false;
        }

        var key = await secrets.ReadAsync(Secret, cancellationToken);
        return await registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(SharedEntry.Collection, id) is not { } known)
                {
                    return false;
                }

                transaction.Put(SharedEntry.Collection, (stop ? known with { IsStopped = true } : Follow(known, known with { IsStopped = false, Enabled = true })).Seal(key));
                transaction.Append(audit);
                return true;
            },
            cancellationToken);
    }

    private static string Stopped(string id) => $"An operator disabled it on all hosts: `plugins enable {id}` lets it serve again.";

    /// <summary>Whether this host's plugins.json says what the hosts have not had, or what its operator made it say since this one last worked.</summary>
    private static bool IsNews(ChosenEntry own, SharedEntry known, string? before, bool hasWorked)
        => PrintOf(own.Entry, own.Folder) is { } print && (print == known.Print() || (hasWorked ? print != before : !known.Former.Contains(print)));

    private static bool IsRemoved(SharedEntry known, FrozenDictionary<string, string>? taken) => taken?.ContainsKey(known.Id) == true;

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

    private static SharedEntry Follow(SharedEntry? before, SharedEntry next) => before is null ? next
        : next with { IsStopped = next.IsStopped, Former = [.. before.Former.Prepend(before.Print()).Distinct().Where(print => print != next.Print()).Take(MostFormer)] };

    /// <summary>By id; what is not sealed by one of the hosts counts for nothing.</summary>
    private async Task<Dictionary<string, SharedEntry>> ListAsync(CancellationToken cancellationToken)
    {
        var stored = await registry.ListAsync(SharedEntry.Collection, "", cancellationToken);
        if (stored.Count == 0)
        {
            return [];
        }

        var key = await secrets.ReadAsync(Secret, cancellationToken);
        foreach (var forged in stored.Where(entry => !entry.IsSealed(key)))
        {
            Tell(forged.Id, "forged", () => Log.Forged(logger, forged.Id));
        }

        return stored.Where(entry => entry.IsSealed(key)).ToDictionary(static entry => entry.Id, StringComparer.Ordinal);
    }

    /// <param name="own">What this host's plugins.json says instead, or null.</param>
    private async Task<ChosenEntry> TakeAsync(SharedEntry known, ChosenEntry? own, CancellationToken cancellationToken)
    {
        if (own is not null && PrintOf(own.Entry, own.Folder) is var print && print != known.Print())
        {
            Tell(known.Id, print ?? "", () => Log.IsBehind(logger, known.Id, known.Version, known.Sha256));
        }

        var chosen = new ChosenEntry(known.ToEntry(), cache.FolderOf(known.Sha256)) { IsOwn = false, WhyDisabled = known.IsStopped ? Stopped(known.Id) : "The hosts share it disabled." };
        return cache.Has(known.Sha256) ? chosen
            : own is not null && HashOf(own.Folder) == known.Sha256 ? chosen with { Folder = own.Folder }
            : chosen with { Missing = await FetchAsync(known, cancellationToken) };
    }

    private async Task<Finding?> FetchAsync(SharedEntry known, CancellationToken cancellationToken)
    {
        var remedy = $"Start a host whose plugins folder has it, or run `plugins enable {known.Id}` where another version lies.";
        try
        {
            using var package = OpenScratch();
            if (!await stores.Builds.Read(known.Sha256, package, cancellationToken))
            {
                return new($"The hosts share version {known.Version} of the driver \"{known.Id}\", and neither {stores.Where} nor this host has its bytes, {known.Sha256}.", remedy);
            }

            package.Position = 0;
            cache.Add(known.Sha256, folder => PackageContent.Extract(package, folder));
            Log.Fetched(logger, known.Id, known.Version, known.Sha256);
            return null;
        }
        catch (PluginFolderException e)
        {
            return e.Finding;
        }
        catch (Exception e) when (e is PackageException or StorageException or IOException or UnauthorizedAccessException)
        {
            return new($"The bytes of the driver \"{known.Id}\", {known.Sha256}, cannot be fetched from {stores.Where}: {e.Message}", remedy);
        }
    }

    private async Task KeepAsync(ChosenEntry chosen, DriverRow row, SharedEntry? known, CancellationToken cancellationToken)
    {
        if (!chosen.IsOwn || chosen.Entry.Isolation != PluginIsolation.InProcess || row is not { Manifest.Version: { } version, Sha256: { } sha256 } || row is not ({ State: DriverState.Loaded, Reason: null } or { State: DriverState.Disabled }))
        {
            return;
        }

        var copy = cache.Has(sha256) ? new CachedPlugin(cache.FolderOf(sha256), sha256) : cache.Add(chosen.Folder);
        if (copy.Sha256 != sha256)
        {
            return;
        }

        if (!await stores.Builds.Has(sha256, cancellationToken))
        {
            await SaveAsync(copy, cancellationToken);
        }

        // Whether it is stopped the operator says, and no file.
        var next = SharedEntry.Of(chosen.Entry, version, sha256) with { Since = clock.GetUtcNow() };
        next = known is { IsStopped: true } ? next with { IsStopped = true, Enabled = known.Enabled } : next;
        if (known?.Print() == next.Print())
        {
            return;
        }

        var key = await secrets.ReadAsync(Secret, cancellationToken);
        await registry.WriteAsync(
            transaction =>
            {
                transaction.Put(SharedEntry.Collection, Follow(transaction.Find(SharedEntry.Collection, next.Id), next).Seal(key));
                transaction.Append(AuditEntry.Make(clock.GetUtcNow(), AuditEntry.Host, "plugin.shared", target: next.Id, detail: $"version {version}, {sha256}"));
            },
            cancellationToken);
        Log.Shared(logger, next.Id, version, sha256);
    }

    private async Task SaveAsync(CachedPlugin copy, CancellationToken cancellationToken)
    {
        using var package = OpenScratch();
        PackageContent.Pack(copy.Folder, package);
        if (package.Length > MostBytes)
        {
            throw new StorageException($"The driver in {copy.Folder} is larger than {MostBytes >> 20} MiB when packed: install it on each host.");
        }

        package.Position = 0;
        await stores.Builds.Save(copy.Sha256, package, cancellationToken);
    }

    /// <summary>Gone when it is closed.</summary>
    private FileStream OpenScratch() => new(Path.Combine(options.Value.Data, $"driver-{Guid.NewGuid():N}.tmp"), new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
    });

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

        [LoggerMessage(EventId = 1051, Level = LogLevel.Information, Message = "Driver {Driver} {Version} is fetched from the database, since its bytes are not on this host: {Sha256}.")]
        public static partial void Fetched(ILogger logger, string driver, string version, string sha256);

        [LoggerMessage(EventId = 1052, Level = LogLevel.Warning, Message = "What plugins.json says of the driver {Driver} the hosts had before and replaced: what they share serves, version {Version}, {Sha256}. The verb plugins pin has all of them take what this one has.")]
        public static partial void IsBehind(ILogger logger, string driver, string version, string sha256);

        [LoggerMessage(EventId = 1053, Level = LogLevel.Error, Message = "What the database says of the driver {Driver} was not written by a host, and counts for nothing.")]
        public static partial void Forged(ILogger logger, string driver);

        [LoggerMessage(EventId = 1054, Level = LogLevel.Warning, Message = "Drivers are not shared with the other hosts: {Reason}")]
        public static partial void NotShared(ILogger logger, string reason);
    }
}
