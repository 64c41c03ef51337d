using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Sous.Plugins.Host.Connections;

/// <summary>Ids and secrets drawn at random, and what is kept of a secret.</summary>
internal static class RandomText
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The prefix and 22 letters and digits: 130 bits.</summary>
    public static string Id(string prefix) => prefix + RandomNumberGenerator.GetString(Letters, 22);

    /// <summary>256 bits as 43 characters that need no escaping in an address.</summary>
    public static string Secret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>SHA-256, 43 characters: enough for a secret of 256 random bits.</summary>
    public static string Hash(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Compares in a time that tells nothing of where they differ.</summary>
    public static bool Same(string left, string right)
        => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
