using System.IO.Compression;
using System.Xml;
using NuGet.Packaging;
using NuGet.Packaging.Core;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Packages;

/// <summary>
/// The package that a plugin came from: what its installation noted in <c>.packages</c> beside the plugins, or else the id that a pack gives
/// where its author names none, which is the assembly's name. It is no part of the plugin's folder, whose hash is its author's too.
/// </summary>
internal static class PackageOrigin
{
    private const string FolderName = ".packages";
    private const int LongestId = 100;
    private const int LargestNuspec = 1 << 20;

    /// <summary>The id that a package gives itself, or null where it gives none that is one.</summary>
    public static string? ReadId(Stream package)
    {
        try
        {
            using var archive = new ZipArchive(package, ZipArchiveMode.Read, leaveOpen: true);
            if (archive.Entries.FirstOrDefault(static entry => !entry.FullName.Contains('/', StringComparison.Ordinal) && entry.Name.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase)) is not { } nuspec)
            {
                return null;
            }

            using var content = nuspec.Open();
            var bytes = new byte[LargestNuspec];
            var length = content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Checked(new NuspecReader(new MemoryStream(bytes, 0, length)).GetId());
        }
        catch (Exception e) when (e is InvalidDataException or XmlException or PackagingException)
        {
            return null;
        }
    }

    /// <summary>Keeps the package of a driver.</summary>
    public static void Note(string pluginsFolder, string driver, string package)
    {
        var folder = Directory.CreateDirectory(Path.Combine(pluginsFolder, FolderName)).FullName;
        File.WriteAllText(Path.Combine(folder, driver), package);
    }

    /// <summary>The package of a driver, or null where nothing tells it.</summary>
    public static string? Find(string pluginsFolder, string driver, DriverManifest? manifest)
    {
        var note = new FileInfo(Path.Combine(pluginsFolder, FolderName, driver));
        try
        {
            return note is { Exists: true, Length: <= LongestId } ? Checked(File.ReadAllText(note.FullName).Trim()) : Checked(Path.GetFileNameWithoutExtension(manifest?.Assembly));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Of what may stand in an id; the packages' own library is not asked, since each start would load it for this.</summary>
    private static string? Checked(string? id)
        => id is { Length: > 0 and <= LongestId } && char.IsLetterOrDigit(id[0]) && id.All(static letter => char.IsLetterOrDigit(letter) || letter is '.' or '-' or '_') ? id : null;
}
