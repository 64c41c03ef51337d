using System.Text.Json;

namespace Sous.Plugins.Host.Drivers.Entries;

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

    /// <summary>An entry that its file's schema has accepted. What it keeps outlives the file's document.</summary>
    public static PluginEntry Read(JsonElement entry) => new(Text(entry, "id") ?? "", (Text(entry, "path") ?? "").TrimEnd('/'))
    {
        Version = Text(entry, "version"),
        Sha256 = Text(entry, "sha256"),
        Enabled = !entry.TryGetProperty("enabled", out var enabled) || enabled.GetBoolean(),
        Isolation = Text(entry, "isolation") == "process" ? PluginIsolation.Process : PluginIsolation.InProcess,
        Limits = entry.TryGetProperty("limits", out var limits) && limits.TryGetProperty("sessions", out var sessions) ? new PluginLimits { Sessions = (int)sessions.GetDouble() } : new PluginLimits(),
        Settings = entry.TryGetProperty("settings", out var settings) ? settings.Clone() : null,
    };

    private static string? Text(JsonElement entry, string member) => entry.TryGetProperty(member, out var value) ? value.GetString() : null;
}
