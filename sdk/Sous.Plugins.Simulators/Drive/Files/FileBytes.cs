using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sous.Plugins.Simulators.Drive.Files;

/// <summary>A file's content: bytes at hand, or bytes that follow from a seed and are made while they are sent.</summary>
internal sealed class FileBytes
{
    private const int Block = 64 * 1024;
    private readonly byte[]? _bytes;
    private readonly ulong _seed;
    private readonly Lazy<(string Md5, string Sha256)> _hashes;

    public FileBytes(byte[] bytes)
    {
        _bytes = bytes;
        Length = bytes.Length;
        _hashes = new(Hash);
    }

    public FileBytes(int seed, long length)
    {
        _seed = (ulong)seed;
        Length = length;
        _hashes = new(Hash);
    }

    public long Length { get; }

    public string Md5 => _hashes.Value.Md5;

    public string Sha256 => _hashes.Value.Sha256;

    public async Task CopyToAsync(Stream target, long from, long count, bool corrupt, CancellationToken cancellationToken)
    {
        var buffer = new byte[Block];
        for (var at = from; at < from + count;)
        {
            var some = (int)Math.Min(Block, from + count - at);
            Fill(at, buffer.AsSpan(0, some));
            if (corrupt && at == from)
            {
                buffer[0] ^= 0x20;
            }

            await target.WriteAsync(buffer.AsMemory(0, some), cancellationToken).ConfigureAwait(false);
            at += some;
        }
    }

    private void Fill(long from, Span<byte> target)
    {
        if (_bytes is not null)
        {
            _bytes.AsSpan((int)from, target.Length).CopyTo(target);
            return;
        }

        Span<byte> word = stackalloc byte[8];
        for (var i = 0; i < target.Length;)
        {
            var (index, offset) = Math.DivRem(from + i, 8);
            var mixed = ((ulong)index + _seed) * 0x9E3779B97F4A7C15;
            BinaryPrimitives.WriteUInt64LittleEndian(word, mixed ^ (mixed >> 29));
            var take = Math.Min(8 - (int)offset, target.Length - i);
            word.Slice((int)offset, take).CopyTo(target[i..]);
            i += take;
        }
    }

#pragma warning disable CA5351 // Drive's own checksum is MD5; it protects nothing here.
    private (string Md5, string Sha256) Hash()
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Block];
        for (long at = 0; at < Length; at += Block)
        {
            var some = buffer.AsSpan(0, (int)Math.Min(Block, Length - at));
            Fill(at, some);
            md5.AppendData(some);
            sha.AppendData(some);
        }

        return (Convert.ToHexStringLower(md5.GetHashAndReset()), Convert.ToHexStringLower(sha.GetHashAndReset()));
    }
#pragma warning restore CA5351
}
