using System.Text.Json;

namespace Sous.Plugins.Host.Drivers;

/// <summary>One entry of plugins.json.</summary>
/// <param name="Id">The driver's id.</param>
/// <param name="Path">The plugin's folder, below the plugins folder.</param>
internal sealed record PluginEntry(string Id, string Path)
{
    /// <summary>The only version to load, or null for any.</summary>
    public string? Version { get; init; }

    /// <summary>The only folder hash to load, or null for any.</summary>
    public string? Sha256 { get; init; }

    public bool Enabled { get; init; } = true;

    public PluginIsolation Isolation { get; init; }

    public PluginLimits Limits { get; init; } = new();

    /// <summary>Settings of every connection of this driver, unless the connection has its own; an object.</summary>
    public JsonElement? Settings { get; init; }
}
