using System.Security.Cryptography;

namespace Sous.Plugins.Host.Backup;

/// <summary>Writes one part of a backup and takes its length and hash on the way.</summary>
internal sealed class PartWriter(string name, Stream stream) : IAsyncDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _bytes;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _hash.AppendData(bytes.Span);
        _bytes += bytes.Length;
        await stream.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>What was written; called once, at the end.</summary>
    public BackupPart ToPart() => new(name, _bytes, Convert.ToHexStringLower(_hash.GetHashAndReset()));

    public ValueTask DisposeAsync()
    {
        _hash.Dispose();
        return stream.DisposeAsync();
    }
}
