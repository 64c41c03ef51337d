using System.Buffers.Text;

namespace Sous.Plugins.Host.Credentials;

/// <summary>What DataProtection writes in front of a ciphertext: four bytes of its own, then the id of the ring key.</summary>
internal static class ProtectedPayload
{
    private const int Head = 4;
    private const int IdSize = 16;
    private const int HeadLetters = 28;

    /// <summary>The ring key that it is under, or null where it is too short to tell.</summary>
    public static Guid? KeyOf(ReadOnlySpan<byte> payload) => payload.Length < Head + IdSize ? null : new Guid(payload.Slice(Head, IdSize));

    /// <summary>The same of one in base64url; only its beginning is decoded.</summary>
    public static Guid? KeyOf(string payload)
    {
        Span<byte> head = stackalloc byte[HeadLetters];
        return payload.Length >= HeadLetters && Base64Url.TryDecodeFromChars(payload.AsSpan(0, HeadLetters), head, out var size) ? KeyOf(head[..size]) : null;
    }
}
