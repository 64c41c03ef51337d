using System.IO.Compression;

namespace Sous.Plugins.Host.Drivers.Packages;

/// <summary>The plugin within a package: what lies below <c>plugin/</c>. Sizes are counted while they are read, since a package may lie about them.</summary>
internal static class PackageContent
{
    private const string Prefix = "plugin/";
    private const int MostEntries = 2_000;
    private const long MostBytes = 256L << 20;
    private const int LongestPath = 200;

    /// <summary>Makes a package of a plugin's folder, with nothing else in it, that <see cref="Extract"/> takes.</summary>
    /// <param name="mostPacked">Bytes of the package.</param>
    /// <exception cref="PackageException">It cannot be one.</exception>
    public static void Pack(string folder, Stream package, long mostPacked)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => (File: file, Path: Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))).ToList();
        if (files.Sum(static one => new FileInfo(one.File).Length) > MostBytes || files.Exists(static one => one.Path.Length > LongestPath) || files.DistinctBy(static one => one.Path, StringComparer.OrdinalIgnoreCase).Count() != files.Count)
        {
            throw new PackageException($"{folder} holds more than {MostBytes >> 20} MiB, or paths of more than {LongestPath} letters, or two that differ in nothing but case.");
        }

        using (var archive = new ZipArchive(package, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (file, path) in files)
            {
                // By a stream, so that the copies' own modes, which forbid writing, stay out of it.
                using var source = new FileStream(file, FileMode.Open, FileAccess.Read);
                using var target = archive.CreateEntry(Prefix + path).Open();
                source.CopyTo(target);
            }
        }

        if (package.Length > mostPacked)
        {
            throw new PackageException($"{folder} has {package.Length >> 20} MiB when it is packed, and {mostPacked >> 20} are the most.");
        }
    }

    /// <summary>Writes the plugin's files into an empty folder.</summary>
    /// <param name="mostBytes">Of all files together.</param>
    /// <exception cref="PackageException">It holds no plugin, or something that no plugin may hold.</exception>
    public static void Extract(Stream package, string folder, long mostBytes = MostBytes)
    {
        try
        {
            using var archive = new ZipArchive(package, ZipArchiveMode.Read, leaveOpen: true);
            var entries = archive.Entries.Where(static entry => entry.FullName.StartsWith(Prefix, StringComparison.Ordinal) && !entry.FullName.EndsWith('/')).ToList();
            if (!entries.Exists(static entry => entry.FullName == $"{Prefix}driver.json"))
            {
                throw new PackageException($"The package holds no plugin: there is no {Prefix}driver.json in it. `dotnet pack` of a driver that references Sous.Plugins.Sdk makes one that does.");
            }

            if (entries.Count > MostEntries)
            {
                throw new PackageException($"The package holds {entries.Count} files, and {MostEntries} are the most that a plugin may have.");
            }

            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            var budget = mostBytes;
            foreach (var entry in entries)
            {
                var path = entry.FullName[Prefix.Length..];
                Check(folder, path, entry, seen);
                budget -= Write(entry, Path.Combine(folder, path), budget);
            }
        }
        catch (InvalidDataException e)
        {
            throw new PackageException("The package is no zip file, or is damaged.", e);
        }
    }

    private static void Check(string folder, string path, ZipArchiveEntry entry, HashSet<string> seen)
    {
        if (ContainedPath.FindEscape(folder, path) is { } escape)
        {
            throw new PackageException($"The package's file \"{Shown(path)}\" {escape}.");
        }

        if (path.Length > LongestPath || path.Any(static letter => char.IsControl(letter) || letter == ':'))
        {
            throw new PackageException($"The package's file \"{Shown(path)}\" has a name that no plugin needs.");
        }

        // The upper half holds a Unix mode, whose upper bits tell what kind of file it is.
        if ((entry.ExternalAttributes >> 16 & 0xF000) is not (0 or 0x8000))
        {
            throw new PackageException($"The package's file \"{Shown(path)}\" is a link or a device, and not a file.");
        }

        if (!seen.Add(path))
        {
            throw new PackageException($"The package holds \"{Shown(path)}\" twice.");
        }
    }

    private static long Write(ZipArchiveEntry entry, string path, long budget)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? "");
        using var source = entry.Open();
        using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[64 << 10];
        var written = 0L;
        while (source.Read(buffer) is > 0 and var read)
        {
            written += read;
            if (written > budget)
            {
                throw new PackageException("The package unpacks to more bytes than a plugin may have.");
            }

            target.Write(buffer, 0, read);
        }

        target.Flush(flushToDisk: true);
        return written;
    }

    private static string Shown(string path)
    {
        var plain = string.Concat(path.Where(static letter => !char.IsControl(letter)));
        return plain.Length > LongestPath ? plain[..LongestPath] + "…" : plain;
    }
}
