using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Raw records of one connection. A body is bound to its tenant, connection and record. Safe for several threads.</summary>
internal sealed class RawCipher
{
    /// <summary>Bytes that a protected body is longer than the body.</summary>
    public const int Overhead = 1 + Aes256Gcm.Overhead;

    private const byte Format = 1;
    private const int OnStack = 512;

    private readonly Aes256Gcm _cipher;
    private readonly ConnectionId _connection;
    private readonly byte[] _scope;

    public RawCipher(Aes256Gcm cipher, TenantId tenant, ConnectionId connection)
    {
        _cipher = cipher;
        _connection = connection;
        _scope = Encoding.UTF8.GetBytes($"{tenant}\0{connection}\0");
    }

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
        _cipher.Seal(body, Associate(associated, record), output[1..]);
    }

    /// <exception cref="CredentialException">It was altered, or belongs to another tenant, connection or record.</exception>
    public byte[] Unprotect(ReadOnlySpan<byte> stored, ReadOnlySpan<char> record)
    {
        var size = _scope.Length + Encoding.UTF8.GetMaxByteCount(record.Length);
        Span<byte> associated = size <= OnStack ? stackalloc byte[OnStack] : new byte[size];
        try
        {
            return stored is [Format, ..]
                ? _cipher.Open(stored[1..], Associate(associated, record))
                : throw new CryptographicException("The format is unknown.");
        }
        catch (CryptographicException e)
        {
            throw new CredentialException(
                $"A raw record of connection {_connection} cannot be decrypted: it was altered, or belongs to another tenant, connection or record.", e);
        }
    }

    private ReadOnlySpan<byte> Associate(Span<byte> buffer, ReadOnlySpan<char> record)
    {
        _scope.CopyTo(buffer);
        return buffer[..(_scope.Length + Encoding.UTF8.GetBytes(record, buffer[_scope.Length..]))];
    }
}
