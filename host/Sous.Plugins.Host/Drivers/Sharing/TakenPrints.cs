using System.Security.Cryptography;
using System.Text.Json;
using Sous.Plugins.Host.Access;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>
/// What this host's plugins.json said when the host last worked on a database, kept in its data folder: what says otherwise now was changed by its
/// operator since, and is no leftover of what other hosts have replaced.
/// </summary>
internal sealed class TakenPrints(string file)
{
    private TakenFile? _taken;

    /// <summary>By the driver's id; null where it never worked with those hosts, or that is lost.</summary>
    /// <param name="key">The hosts' own.</param>
    public IReadOnlyDictionary<string, string>? Read(byte[]? key)
    {
        try
        {
            _taken ??= JsonSerializer.Deserialize(File.ReadAllBytes(file), SharingJson.Default.TakenFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }

        return key is not null && _taken?.Hosts == NameOf(key) ? _taken.Prints : null;
    }

    /// <exception cref="IOException">It cannot be kept.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be kept.</exception>
    public void Keep(byte[] key, Dictionary<string, string> prints)
    {
        if (Read(key) is { } known && known.Count == prints.Count && prints.All(one => known.GetValueOrDefault(one.Key) == one.Value))
        {
            return;
        }

        var taken = new TakenFile(NameOf(key), prints);
        OwnerFile.Write(file, JsonSerializer.Serialize(taken, SharingJson.Default.TakenFile));
        _taken = taken;
    }

    private static string NameOf(byte[] key) => Convert.ToHexStringLower(SHA256.HashData([.. "hosts\n"u8, .. key]));
}

/// <param name="Hosts">Tells the hosts of one database from those of another.</param>
/// <param name="Prints">By the driver's id.</param>
internal sealed record TakenFile(string Hosts, Dictionary<string, string> Prints);
