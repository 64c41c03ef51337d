using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers.Sharing;

/// <summary>An entry that the catalog goes by, and where its bytes lie.</summary>
/// <param name="Entry">Of this host's plugins.json, or of what the hosts of a database share.</param>
/// <param name="Folder">Absolute path.</param>
internal sealed record ChosenEntry(PluginEntry Entry, string Folder)
{
    /// <summary>Whether it is what this host's plugins.json says.</summary>
    public bool IsOwn { get; init; } = true;

    /// <summary>Whether it stands in the place of one of this host's plugins.json that was refused.</summary>
    public bool IsInstead { get; init; }

    /// <summary>Why its bytes are not there, or null.</summary>
    public Finding? Missing { get; init; }

    /// <summary>Whether they may be there another time.</summary>
    public bool MayCome { get; init; }

    /// <summary>Why it is disabled, where it is.</summary>
    public string WhyDisabled { get; init; } = "Its entry in plugins.json is disabled.";
}
