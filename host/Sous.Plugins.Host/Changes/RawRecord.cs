using System.Buffers;
using System.IO.Compression;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>
/// A service's own JSON of a record as it is stored: compressed, then encrypted. It shrinks to a third, which saves more in
/// encrypting and writing than it costs.
/// </summary>
internal static class RawRecord
{
    private const int Fastest = 0;
    private const int Window = 18;

    public static void Write(PageBuffer buffer, ReadOnlySpan<byte> raw, RawCipher cipher, StreamName stream, string id)
    {
        var packed = ArrayPool<byte>.Shared.Rent(BrotliEncoder.GetMaxCompressedLength(raw.Length));
        try
        {
            if (!BrotliEncoder.TryCompress(raw, packed, out var size, Fastest, Window))
            {
                throw new InvalidOperationException("The room reckoned for a compressed record did not do.");
            }

            var length = size + RawCipher.Overhead;
            cipher.Protect(packed.AsSpan(0, size), NameOf(stream, id), buffer.GetSpan(length)[..length]);
            buffer.Advance(length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    /// <exception cref="CredentialException">It was altered, or belongs to another tenant, connection or record.</exception>
    public static byte[] Read(ReadOnlySpan<byte> stored, RawCipher cipher, StreamName stream, string id)
    {
        using var packed = new MemoryStream(cipher.Unprotect(stored, NameOf(stream, id)));
        using var unpacking = new BrotliStream(packed, CompressionMode.Decompress);
        using var raw = new MemoryStream();
        unpacking.CopyTo(raw);
        return raw.ToArray();
    }

    /// <summary>The same under the newest data key.</summary>
    /// <inheritdoc cref="Read"/>
    public static byte[] Reencrypt(ReadOnlySpan<byte> stored, RawCipher cipher, StreamName stream, string id)
        => cipher.Protect(cipher.Unprotect(stored, NameOf(stream, id)), NameOf(stream, id));

    private static string NameOf(StreamName stream, string id) => $"{stream}/{id}";
}
