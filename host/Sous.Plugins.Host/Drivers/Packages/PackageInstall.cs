using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers.Packages;

/// <summary>Puts a package's plugin into a folder of its own in the plugins folder, and has its entry name that folder, pinned. It runs no driver's code; a host that runs takes it up by itself.</summary>
internal static class PackageInstall
{
    /// <param name="plugins">The plugins.json.</param>
    /// <exception cref="PackageException">It is no plugin that could be loaded; nothing was changed.</exception>
    /// <exception cref="PluginsFileException">plugins.json cannot be used, or not be written.</exception>
    public static InspectedPlugin Install(Stream package, string plugins)
    {
        var file = PluginsFile.Read(plugins);
        var incoming = Path.Combine(file.PluginsFolder, $".incoming-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(incoming);
            PackageContent.Extract(package, incoming);
            var plugin = PluginInspection.Inspect(incoming);
            if (plugin.Findings.Count > 0 || plugin.Manifest is not { } manifest)
            {
                throw new PackageException(string.Join(' ', plugin.Findings.Select(static finding => finding.Reason)));
            }

            var name = $"{manifest.Id}-{manifest.Version}";
            Place(incoming, Path.Combine(file.PluginsFolder, name), plugin.Sha256);
            if (PackageOrigin.ReadId(package) is { } origin)
            {
                PackageOrigin.Note(file.PluginsFolder, manifest.Id, origin);
            }

            PluginEntries.Point(file, manifest.Id, name, manifest.Version, plugin.Sha256);
            return PluginInspection.Verify(PluginsFile.Read(plugins)).First(one => one.Entry?.Id == manifest.Id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PackageException($"The package cannot be unpacked into {file.PluginsFolder}: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(incoming))
            {
                Directory.Delete(incoming, recursive: true);
            }
        }
    }

    private static void Place(string incoming, string folder, string? sha256)
    {
        if (!Directory.Exists(folder))
        {
            Directory.Move(incoming, folder);
        }
        else if (PluginInspection.Inspect(folder).Sha256 != sha256)
        {
            throw new PackageException($"The folder {folder} is there already, with other bytes of the same version. Take it away, or install another version.");
        }
    }
}
