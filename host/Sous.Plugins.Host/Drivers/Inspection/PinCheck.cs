using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Inspection;

/// <summary>Judges a plugin by what its entry pins.</summary>
internal static class PinCheck
{
    /// <summary>What stands between the entry and the folder.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="requirePins">Whether an entry must pin its bytes.</param>
    /// <param name="manifest">The folder's manifest, or null where it cannot be read.</param>
    /// <param name="sha256">The folder's hash, or null where it cannot be read.</param>
    public static IEnumerable<Finding> Check(PluginEntry entry, bool requirePins, DriverManifest? manifest, string? sha256)
    {
        if (entry.Sha256 is null && requirePins)
        {
            yield return new($"The entry \"{entry.Id}\" has no sha256, and requirePins is set.", $"Run `plugins pin {entry.Id}` after checking where the folder came from.");
        }

        if (entry.Sha256 is not null && sha256 is not null && entry.Sha256 != sha256)
        {
            yield return new(
                $"The folder {entry.Path} has the hash {sha256}, but the entry \"{entry.Id}\" is pinned to {entry.Sha256}.",
                "Put the pinned version back, or pin the new one after checking where it came from.");
        }

        if (manifest is not null && manifest.Id != entry.Id)
        {
            yield return new($"The folder {entry.Path} holds the driver \"{manifest.Id}\", not \"{entry.Id}\".", "Mend the entry's id or path.");
        }

        if (manifest is not null && entry.Version is not null && manifest.Version != entry.Version)
        {
            yield return new($"The folder {entry.Path} holds version {manifest.Version}, but the entry \"{entry.Id}\" is pinned to {entry.Version}.", "Install the pinned version, or change the pin.");
        }
    }
}
