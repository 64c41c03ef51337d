using System.Collections.Frozen;
using System.Text.Json;
using Sous.Plugins.Host.Access;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>
/// What this host's plugins.json said when the host last worked, kept in its data folder: what says otherwise now was changed by its operator since,
/// and is no leftover of what other hosts have replaced.
/// </summary>
internal sealed class TakenPrints(string file)
{
    private FrozenDictionary<string, string>? _prints;

    /// <summary>By the driver's id; null where it never worked, or that is lost.</summary>
    public FrozenDictionary<string, string>? Read()
    {
        try
        {
            return _prints ??= JsonSerializer.Deserialize(File.ReadAllBytes(file), SharingJson.Default.Prints)?.ToFrozenDictionary(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    public void Keep(IReadOnlyDictionary<string, string> prints)
    {
        if (_prints is { } known && known.Count == prints.Count && prints.All(one => known.GetValueOrDefault(one.Key) == one.Value))
        {
            return;
        }

        _prints = prints.ToFrozenDictionary(StringComparer.Ordinal);
        OwnerFile.Write(file, JsonSerializer.Serialize(new Dictionary<string, string>(prints, StringComparer.Ordinal), SharingJson.Default.Prints));
    }
}
