using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Packages;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>Brings the bytes of drivers into the database, and from there into this host's copies.</summary>
internal sealed partial class SharedBuilds(SharedStores stores, DriverCache cache, IOptions<DriversOptions> options, ILogger<SharedBuilds> logger)
{
    private const long MostBytes = 64 << 20;

    // By hash, what is laid on each host.
    private readonly ConcurrentDictionary<string, bool> _unshared = new(StringComparer.Ordinal);

    /// <returns>Why they cannot be had, or null, and whether they may be another time.</returns>
    public async Task<(Finding? Missing, bool MayCome)> FetchAsync(SharedEntry entry, CancellationToken cancellationToken)
    {
        var remedy = $"Start a host that has them, or lay a version of it into the plugins folder and run `plugins enable {entry.Id}`; `plugins pin {entry.Id}` on a host that has them brings them anew.";
        try
        {
            using var package = OpenScratch();
            if (!await stores.Builds.Read(entry.Sha256, package, cancellationToken))
            {
                return (new($"The hosts share version {entry.Version} of the driver \"{entry.Id}\", and neither {stores.Where} nor this host has its bytes, {entry.Sha256}.", remedy), false);
            }

            package.Position = 0;
            cache.Add(entry.Sha256, folder => PackageContent.Extract(package, folder));
            Log.Fetched(logger, entry.Id, entry.Version, entry.Sha256);
            return (null, false);
        }
        catch (Exception e) when (e is PackageException or PluginFolderException or StorageException or IOException or UnauthorizedAccessException)
        {
            return (new($"The bytes of the driver \"{entry.Id}\", {entry.Sha256}, cannot be fetched from {stores.Where}: {e.Message}", remedy), e is not (PackageException or PluginFolderException));
        }
    }

    /// <summary>Keeps them for the others.</summary>
    /// <param name="anew">In the place of what may be there.</param>
    /// <exception cref="StorageException">The database cannot be used.</exception>
    public async Task SaveAsync(string driver, CachedPlugin copy, bool anew, CancellationToken cancellationToken)
    {
        if (_unshared.ContainsKey(copy.Sha256) || (!anew && await stores.Builds.Has(copy.Sha256, cancellationToken)))
        {
            return;
        }

        using var package = OpenScratch();
        try
        {
            PackageContent.Pack(copy.Folder, package, MostBytes);
        }
        catch (PackageException e)
        {
            _unshared[copy.Sha256] = true;
            Log.NotPacked(logger, driver, e.Message);
            return;
        }

        package.Position = 0;
        await stores.Builds.Save(copy.Sha256, package, cancellationToken);
    }

    /// <summary>Gone when it is closed.</summary>
    private FileStream OpenScratch() => new(Path.Combine(options.Value.Data, $"driver-{Guid.NewGuid():N}.tmp"), new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
    });

    private static partial class Log
    {
        [LoggerMessage(EventId = 1051, Level = LogLevel.Information, Message = "Driver {Driver} {Version} is fetched from the database, since its bytes are not on this host: {Sha256}.")]
        public static partial void Fetched(ILogger logger, string driver, string version, string sha256);

        [LoggerMessage(EventId = 1055, Level = LogLevel.Warning, Message = "The bytes of driver {Driver} are not kept in the database, lay them on each host: {Reason}")]
        public static partial void NotPacked(ILogger logger, string driver, string reason);
    }
}
