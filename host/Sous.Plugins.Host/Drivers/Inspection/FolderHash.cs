using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>A plugin's folder as bytes: its files, and the hash that pins them.</summary>
internal static class FolderHash
{
    private const int MostFiles = 2_000;
    private const long MostBytes = 512L << 20;
    private const int BufferSize = 128 << 10;

    /// <summary>Hash of a folder as it lies there.</summary>
    /// <exception cref="PluginFolderException">It cannot be read, or holds what no plugin may hold.</exception>
    public static string Compute(string folder) => Copy(folder, null);

    /// <summary>Hash of the bytes that are written to the target, each read once: what is hashed is what is copied.</summary>
    /// <returns>Lowercase hex of sha256 over the sorted lines <c>path \0 length \0 sha256(file)</c>.</returns>
    /// <exception cref="PluginFolderException">It cannot be read, or holds what no plugin may hold.</exception>
    public static string Copy(string folder, string? target)
    {
        try
        {
            using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var budget = MostBytes;
            foreach (var path in List(folder))
            {
                var (length, hash) = CopyFile(Path.Combine(folder, path), target is null ? null : Path.Combine(target, path), budget);
                budget -= length;
                whole.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path}\0{length}\0{Convert.ToHexStringLower(hash)}\n")));
            }

            return Convert.ToHexStringLower(whole.GetHashAndReset());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginFolderException(new($"The folder {folder} cannot be read: {e.Message}", "Make the folder readable for the host."), e);
        }
    }

    /// <summary>Relative paths of all files, by ordinal order.</summary>
    private static List<string> List(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new PluginFolderException(new($"The folder {folder} does not exist.", "Build or install the plugin, or take its entry out of plugins.json."));
        }

        var files = new List<string>();
        var pending = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (pending.TryPop(out var directory))
        {
            foreach (var entry in directory.EnumerateFileSystemInfos())
            {
                var path = Path.GetRelativePath(folder, entry.FullName).Replace(Path.DirectorySeparatorChar, '/');
                if (entry.LinkTarget is not null)
                {
                    throw new PluginFolderException(new($"{path} in {folder} is a link.", "Put the file itself there: a link's target can change after it was hashed."));
                }

                if (entry is DirectoryInfo below)
                {
                    pending.Push(below);
                }
                else
                {
                    files.Add(path);
                }

                if (files.Count + pending.Count > MostFiles)
                {
                    throw new PluginFolderException(new($"The folder {folder} holds more than {MostFiles:N0} files.", "Point the entry at the plugin's own folder."));
                }
            }
        }

        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static (long Length, byte[] Hash) CopyFile(string source, string? target, long budget)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var input = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        if (target is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? target);
        }

        using var output = target is null ? Stream.Null : new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long length = 0;
            for (int read; (read = input.Read(buffer)) > 0; length += read)
            {
                if (length + read > budget)
                {
                    throw new PluginFolderException(new($"The folder of {source} holds more than {MostBytes >> 20} MiB.", "Point the entry at the plugin's own folder."));
                }

                hash.AppendData(buffer.AsSpan(0, read));
                output.Write(buffer.AsSpan(0, read));
            }

            return (length, hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
