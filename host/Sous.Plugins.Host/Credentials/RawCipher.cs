using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// Raw records of one connection: <c>format (1) | number of the data key (2) | sealed body</c>. A body is bound to its tenant,
/// connection and record. Safe for several threads.
/// </summary>
internal sealed class RawCipher(TenantCiphers ciphers, TenantId tenant, ConnectionId connection)
{
    /// <summary>Bytes that a protected body is longer than the body.</summary>
    public const int Overhead = Head + Aes256Gcm.Overhead;

    private const byte Format = 2;
    private const int Head = 1 + sizeof(ushort);
    private const int OnStack = 512;

    private readonly byte[] _scope = Encoding.UTF8.GetBytes($"{tenant}\0{connection}\0");

    /// <exception cref="CryptographicException">It is no protected body.</exception>
    public static int NumberOf(ReadOnlySpan<byte> stored) => stored is [Format, _, _, ..]
        ? BinaryPrimitives.ReadUInt16BigEndian(stored[1..])
        : throw new CryptographicException("The format is unknown.");

    /// <param name="record">What tells the record apart within its connection: stream, type and id.</param>
    public byte[] Protect(ReadOnlySpan<byte> body, ReadOnlySpan<char> record)
    {
        var output = new byte[body.Length + Overhead];
        Protect(body, record, output);
        return output;
    }

    /// <param name="output">Exactly as long as the body and the overhead.</param>
    public void Protect(ReadOnlySpan<byte> body, ReadOnlySpan<char> record, Span<byte> output)
    {
        var size = _scope.Length + Encoding.UTF8.GetMaxByteCount(record.Length);
        Span<byte> associated = size <= OnStack ? stackalloc byte[OnStack] : new byte[size];
        output[0] = Format;
        BinaryPrimitives.WriteUInt16BigEndian(output[1..], checked((ushort)ciphers.Newest.Key.Number));
        ciphers.Newest.Raw.Seal(body, Associate(associated, record), output[Head..]);
    }

    /// <exception cref="CredentialException">It was altered, or belongs to another tenant, connection or record.</exception>
    public byte[] Unprotect(ReadOnlySpan<byte> stored, ReadOnlySpan<char> record)
    {
        var size = _scope.Length + Encoding.UTF8.GetMaxByteCount(record.Length);
        Span<byte> associated = size <= OnStack ? stackalloc byte[OnStack] : new byte[size];
        try
        {
            return ciphers.Of(NumberOf(stored)).Raw.Open(stored[Head..], Associate(associated, record));
        }
        catch (CryptographicException e)
        {
            throw new CredentialException(
                $"A raw record of connection {connection} cannot be decrypted: it was altered, or belongs to another tenant, connection or record.", e);
        }
    }

    private ReadOnlySpan<byte> Associate(Span<byte> buffer, ReadOnlySpan<char> record)
    {
        _scope.CopyTo(buffer);
        return buffer[..(_scope.Length + Encoding.UTF8.GetBytes(record, buffer[_scope.Length..]))];
    }
}
