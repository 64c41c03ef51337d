using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>A <see cref="SharedEntry"/> as it is stored.</summary>
/// <param name="Body">Its JSON, to the letter.</param>
/// <param name="Mac">Over it, under a key of the hosts': who may write in the database alone cannot have them run other code.</param>
internal sealed record SealedEntry(string Id, string? Body, string? Mac)
{
    public static readonly RegistryCollection<SealedEntry> Collection = new("shared_entries", static entry => entry.Id, SharingJson.Default.SealedEntry);

    public static SealedEntry Seal(SharedEntry entry, byte[] key)
    {
        var body = JsonSerializer.Serialize(entry, SharingJson.Default.SharedEntry);
        return new SealedEntry(entry.Id, body, MakeMac(entry.Id, body, key));
    }

    /// <returns>Null where no host has written it.</returns>
    public SharedEntry? Open(byte[]? key) => key is not null && Body is not null && Mac is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Mac), Encoding.UTF8.GetBytes(MakeMac(Id, Body, key)))
        ? JsonSerializer.Deserialize(Body, SharingJson.Default.SharedEntry) : null;

    private static string MakeMac(string id, string body, byte[] key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}\n{body}")));
}
