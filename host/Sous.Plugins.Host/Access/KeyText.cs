using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Access;

/// <summary>
/// The text of a key: <c>sous_{id}_{43 characters}_{crc32}</c>. The prefix lets secret scanners find a leaked one, and the
/// check sum refuses a mistyped one before anything is looked up.
/// </summary>
internal static class KeyText
{
    private const string Prefix = "sous_";
    private const int IdLength = 12;
    private const int SecretLength = 43;
    private const int BodyLength = 5 + IdLength + 1 + SecretLength;
    private const int TextLength = BodyLength + 1 + 8;

    public static (string Id, string Text) Make()
    {
        var id = RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", IdLength);
        var body = $"{Prefix}{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        return (id, $"{body}_{Checksum(body)}");
    }

    /// <summary>The id within a text of the right form and check sum.</summary>
    public static bool TryReadId(string text, [NotNullWhen(true)] out string? id)
    {
        id = null;
        if (text.Length != TextLength || !Ascii.IsValid(text) || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text[Prefix.Length + IdLength] != '_' || text[BodyLength] != '_'
            || !text.AsSpan(BodyLength + 1).SequenceEqual(Checksum(text.AsSpan(0, BodyLength))))
        {
            return false;
        }

        id = text.Substring(Prefix.Length, IdLength);
        return true;
    }

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // CRC-32 as in zip: the framework has none in its own assemblies, and 61 characters need no table.
    private static string Checksum(ReadOnlySpan<char> ascii)
    {
        var crc = uint.MaxValue;
        foreach (var character in ascii)
        {
            crc ^= character;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return (~crc).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }
}
