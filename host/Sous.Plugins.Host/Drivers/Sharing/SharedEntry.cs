using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Host.Drivers.Entries;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>A plugin as all hosts of a database have it: what the plugins.json of the host that worked said of it, and the bytes that lay in its folder.</summary>
/// <param name="Id">The driver's id.</param>
/// <param name="Path">The folder below that host's plugins folder; for a reader only.</param>
/// <param name="Sha256">The folder's hash, by which its bytes are found.</param>
internal sealed record SharedEntry(string Id, string Path, string Version, string Sha256)
{
    private const int MostFormer = 64;

    public bool Enabled { get; init; } = true;

    /// <summary>Whether an operator disabled it: nothing that a plugins.json says enables it.</summary>
    public bool IsStopped { get; init; }

    /// <summary>Whether it was taken out of a plugins.json, and so of all hosts.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>As in <see cref="PluginLimits"/>.</summary>
    public int Sessions { get; init; } = PluginLimits.DefaultSessions;

    /// <summary>As JSON, or null for none.</summary>
    public string? Settings { get; init; }

    public DateTimeOffset Since { get; init; }

    /// <summary>What it was before, the latest first: a host whose plugins.json says that is behind.</summary>
    public IReadOnlyList<FormerEntry> Former { get; init; } = [];

    /// <summary>What a plugins.json says of a plugin whose folder has that hash. Pins are none of it: they say what may lie there.</summary>
    public static SharedEntry Of(PluginEntry entry, string version, string sha256) => new(entry.Id, entry.Path, version, sha256)
    {
        Enabled = entry.Enabled,
        Sessions = entry.Limits.Sessions,
        Settings = Text(entry.Settings),
    };

    /// <summary>The same for what would be run alike.</summary>
    public static string Print(PluginEntry entry, string sha256) => Of(entry, "", sha256).Print();

    /// <inheritdoc cref="Print(PluginEntry, string)"/>
    public string Print() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{Sha256}\n{Enabled}\n{Sessions}\n{Settings}"))));

    public PluginEntry ToEntry() => new(Id, Path)
    {
        Version = Version,
        Sha256 = Sha256,
        Enabled = Enabled && !IsStopped,
        Limits = new PluginLimits { Sessions = Sessions },
        Settings = Settings is null ? null : JsonElement.Parse(Settings),
    };

    /// <summary>This in place of another, which it remembers.</summary>
    public SharedEntry After(SharedEntry? before) => before is null ? this : this with
    {
        Former = [.. before.Former.Prepend(new FormerEntry(before.Print(), before.Sha256)).Distinct().Where(former => IsRemoved || former.Print != Print()).Take(MostFormer)],
    };

    /// <summary>Without the comments and spaces that a file may have.</summary>
    private static string? Text(JsonElement? settings)
    {
        if (settings is not { } element)
        {
            return null;
        }

        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}

/// <summary>What a shared entry was before.</summary>
internal sealed record FormerEntry(string Print, string Sha256);
