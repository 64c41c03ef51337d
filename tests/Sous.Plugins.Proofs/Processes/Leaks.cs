using System.Text;

namespace Sous.Plugins.Proofs.Processes;

/// <summary>Looks for secrets where none may be.</summary>
internal static class Leaks
{
    /// <summary>No file holds one, but the operator's own file with the admin's key.</summary>
    public static async Task AssertNotInFilesAsync(string folder, IReadOnlyCollection<string> secrets, CancellationToken cancellationToken)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static path => Path.GetFileName(path) != "admin-key"))
        {
            var bytes = await File.ReadAllBytesAsync(file, cancellationToken);
            Assert.All(secrets, secret => Assert.False(Holds(bytes, secret), $"{file} holds a secret in the clear."));
        }
    }

    private static bool Holds(ReadOnlySpan<byte> bytes, string secret)
        => bytes.IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0
            || bytes.IndexOf(Encoding.Unicode.GetBytes(secret)) >= 0
            || bytes.IndexOf(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='))) >= 0;
}
