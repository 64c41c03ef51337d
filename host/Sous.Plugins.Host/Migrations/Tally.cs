using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Migrations;

/// <summary>
/// How many rows there are, and a hash over all of them that does not depend on their order: the sum of the rows' SHA-256. So neither engine has
/// to sort what it holds, and a row too many, too few or altered is seen all the same.
/// </summary>
internal sealed class Tally
{
    private readonly ArrayBufferWriter<byte> _row = new(1024);
    private UInt128 _high;
    private UInt128 _low;

    public long Rows { get; private set; }

    /// <summary>64 hexadecimal digits; zeros where there are no rows.</summary>
    public string Hash => $"{_high:x32}{_low:x32}";

    public void Add(ReadOnlySpan<object?> row)
    {
        _row.ResetWrittenCount();
        foreach (var value in row)
        {
            Write(value);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_row.WrittenSpan, hash);
        var low = BinaryPrimitives.ReadUInt128BigEndian(hash[16..]);
        _low += low;
        _high += BinaryPrimitives.ReadUInt128BigEndian(hash) + (_low < low ? UInt128.One : UInt128.Zero);
        Rows++;
    }

    // Each with its kind and its length before it, so that no two rows are written alike.
    private void Write(object? value)
    {
        switch (value)
        {
            case null:
                _row.Write("-"u8);
                break;
            case long number:
                _row.Write("n"u8);
                BinaryPrimitives.WriteInt64BigEndian(_row.GetSpan(sizeof(long)), number);
                _row.Advance(sizeof(long));
                break;
            case string text:
                WriteLength("t"u8, Encoding.UTF8.GetByteCount(text));
                Encoding.UTF8.GetBytes(text, _row);
                break;
            case byte[] bytes:
                WriteLength("b"u8, bytes.Length);
                _row.Write(bytes);
                break;
            default:
                throw new ArgumentException($"A row holds a {value.GetType().Name}.", nameof(value));
        }
    }

    private void WriteLength(ReadOnlySpan<byte> kind, int length)
    {
        _row.Write(kind);
        BinaryPrimitives.WriteInt32BigEndian(_row.GetSpan(sizeof(int)), length);
        _row.Advance(sizeof(int));
    }
}
