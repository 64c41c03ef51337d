using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Changes;

/// <summary>
/// Eight bytes that stand for an id, where a hundred thousand ids are to be remembered. Two ids of one mark are as good as
/// impossible; they would make a record that is gone stay, and never one that is there go.
/// </summary>
internal static class IdMark
{
    public const int Length = sizeof(ulong);

    public static ulong Of(string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>The marks of the records that a page hands over, one after another.</summary>
    public static byte[] OfUpserts(IReadOnlyList<RecordChange> changes)
    {
        var marks = new byte[changes.Count * Length];
        var length = 0;
        foreach (var change in changes)
        {
            if (change.Kind == Sdk.ChangeKind.Upsert)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(marks.AsSpan(length), Of(change.Id));
                length += Length;
            }
        }

        return length == marks.Length ? marks : marks[..length];
    }
}
