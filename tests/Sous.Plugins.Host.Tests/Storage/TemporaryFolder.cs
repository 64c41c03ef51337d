using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>A folder that goes away with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sous-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Names, modes, times and bytes of everything inside.</summary>
    public string Fingerprint()
    {
        var text = new StringBuilder();
        foreach (var file in Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var bytes = Directory.Exists(file) || System.IO.Path.GetFileName(file) == "lock" ? [] : System.IO.File.ReadAllBytes(file);
            text.Append(file).Append(' ').Append(System.IO.File.GetLastWriteTimeUtc(file).Ticks).Append(' ')
                .Append(System.IO.File.GetUnixFileMode(file)).Append(' ').AppendLine(Convert.ToHexString(SHA256.HashData(bytes)));
        }

        return text.ToString();
    }

    public void CopyTo(string target)
    {
        foreach (var file in Directory.EnumerateFiles(Path).Where(f => System.IO.Path.GetFileName(f) != "lock"))
        {
            System.IO.File.Copy(file, System.IO.Path.Combine(target, System.IO.Path.GetFileName(file)), overwrite: true);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
