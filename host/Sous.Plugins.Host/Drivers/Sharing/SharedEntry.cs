using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>A plugin as all hosts of a database have it: what the plugins.json of the host that worked said of it, and the bytes that lay in its folder.</summary>
/// <param name="Id">The driver's id.</param>
/// <param name="Path">The folder below that host's plugins folder; for a reader only.</param>
/// <param name="Sha256">The folder's hash, by which its bytes are found.</param>
internal sealed record SharedEntry(string Id, string Path, string Version, string Sha256)
{
    public static readonly RegistryCollection<SharedEntry> Collection = new("shared_entries", static entry => entry.Id, SharingJson.Default.SharedEntry);

    public bool Enabled { get; init; } = true;

    /// <summary>Whether an operator disabled it: nothing that a plugins.json says enables it.</summary>
    public bool IsStopped { get; init; }

    /// <summary>As in <see cref="PluginLimits"/>.</summary>
    public int Sessions { get; init; } = PluginLimits.DefaultSessions;

    /// <summary>As JSON, or null for none.</summary>
    public string? Settings { get; init; }

    public DateTimeOffset Since { get; init; }

    /// <summary>The prints of what it was before, the latest first: a host whose plugins.json says that is behind.</summary>
    public IReadOnlyList<string> Former { get; init; } = [];

    /// <summary>Over all that stands above, under a key of the hosts': whoever may write in the database alone cannot have them run other code.</summary>
    public string? Mac { get; init; }

    /// <summary>What a plugins.json says of a plugin whose folder has that hash. Pins are none of it: they say what may lie there.</summary>
    public static SharedEntry Of(PluginEntry entry, string version, string sha256) => new(entry.Id, entry.Path, version, sha256)
    {
        Enabled = entry.Enabled,
        Sessions = entry.Limits.Sessions,
        Settings = entry.Settings?.GetRawText(),
    };

    /// <summary>The same for what would be run alike.</summary>
    public static string Print(PluginEntry entry, string sha256) => Print(sha256, entry.Enabled, entry.Limits.Sessions, entry.Settings?.GetRawText());

    public string Print() => Print(Sha256, Enabled, Sessions, Settings);

    public PluginEntry ToEntry() => new(Id, Path)
    {
        Version = Version,
        Sha256 = Sha256,
        Enabled = Enabled && !IsStopped,
        Limits = new PluginLimits { Sessions = Sessions },
        Settings = Settings is null ? null : JsonElement.Parse(Settings),
    };

    public SharedEntry Seal(byte[] key) => this with { Mac = MakeMac(key) };

    public bool IsSealed(byte[] key) => Mac is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Mac), Encoding.ASCII.GetBytes(MakeMac(key)));

    private string MakeMac(byte[] key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, JsonSerializer.SerializeToUtf8Bytes(this with { Mac = null }, SharingJson.Default.SharedEntry)));

    private static string Print(string sha256, bool enabled, int sessions, string? settings)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{sha256}\n{enabled}\n{sessions}\n{settings}"))));
}
