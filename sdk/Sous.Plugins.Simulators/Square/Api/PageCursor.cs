using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Simulators.Square.Records;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>A cursor: where the page ended and the end of the range, bound to the query that it belongs to.</summary>
internal sealed record PageCursor(Position After, long To)
{
    private const int Size = 8 + 8 + 4 + 8;

    public string Encode(string query)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Bind(query));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], After.Time);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], After.Ordinal);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[20..], To);
        return Base64Url.EncodeToString(bytes);
    }

    public static PageCursor? Decode(string? cursor, string query)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[Size];
        if (!Base64Url.IsValid(cursor) || !Base64Url.TryDecodeFromChars(cursor, bytes, out var written) || written != Size
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Bind(query))
        {
            throw SquareFault.Invalid("INVALID_CURSOR", "The cursor does not belong to this query.", "cursor");
        }

        var after = new Position(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]));
        return new PageCursor(after, BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]));
    }

    private static ulong Bind(string query) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(query)));
}
