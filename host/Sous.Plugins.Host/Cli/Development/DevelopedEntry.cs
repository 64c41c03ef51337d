using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>
/// A driver's entry in plugins.json while it is developed: it names one build after the other, each in a folder of its own, and
/// in the end what it named before. A build that the host does not take is taken back at once.
/// </summary>
/// <param name="id">The driver's id.</param>
internal sealed class DevelopedEntry(string id)
{
    private const int Letters = 12;

    private JsonObject? _before;
    private string? _folder;
    private string? _plugins;

    public string Id { get; } = id;

    private string Mark => $"{Id}-dev-";

    /// <summary>Has a host serve a build.</summary>
    /// <param name="host">The host.</param>
    /// <param name="plugins">Its plugins.json.</param>
    /// <param name="built">The folder of the build; it is copied.</param>
    /// <returns>The driver as the host shows it, and why it does not serve that build, or null where it does.</returns>
    /// <exception cref="PluginsFileException">plugins.json cannot be used, or not be written.</exception>
    public async Task<(JsonNode Driver, string? Refusal)> ServeAsync(HostClient host, string plugins, string built, DriverManifest manifest, CancellationToken cancellationToken)
    {
        var file = PluginsFile.Read(plugins);
        if (_plugins is null)
        {
            Sweep(file);
        }

        var (name, sha256) = Copy(built, file);
        var former = PluginEntries.Point(file, Id, name, manifest.Version, sha256);
        if (_plugins is null)
        {
            (_before, _plugins) = (former, plugins);
        }

        var (driver, refusal) = await TryAsync(host, name, file, cancellationToken);
        if (refusal is null)
        {
            Delete(file, _folder);
            _folder = name;
            return (driver, null);
        }

        await PutBackAsync(host, former, file);
        if (former is not null)
        {
            Delete(file, name);
        }

        return (driver, refusal);
    }

    /// <summary>Puts back the entry that stood before the first build; where none did, that of the last build stays.</summary>
    /// <param name="host">The host, or null where none runs any more.</param>
    public async Task RestoreAsync(HostClient? host)
    {
        if (_plugins is null || _before is null)
        {
            return;
        }

        var file = PluginsFile.Read(_plugins);
        await PutBackAsync(host, _before, file);
        Delete(file, _folder);
    }

    private async Task<(JsonNode Driver, string? Refusal)> TryAsync(HostClient host, string name, PluginsFile file, CancellationToken cancellationToken)
    {
        try
        {
            var driver = await host.PostAsync(Address("enable"), null, cancellationToken);
            return (driver, (string?)driver["path"] != name ? $"The host does not read {file.Path}: name its own plugins.json with --plugins."
                : (string?)driver["state"] != "loaded" || driver["reason"] is not null ? $"{(string?)driver["reason"]} {(string?)driver["remedy"]}".Trim()
                : null);
        }
        catch (Exception e) when (e is HostRefusedException or HttpRequestException)
        {
            return (new JsonObject(), e.Message);
        }
    }

    private async Task PutBackAsync(HostClient? host, JsonObject? former, PluginsFile file)
    {
        if (former is not null)
        {
            PluginEntries.Put(file, Id, former);
        }

        else
        {
            PluginEntries.Disable(file.Path, Id);
        }

        try
        {
            // Not to be canceled: what was begun is to be ended, also where the verb was told to stop.
            await (host?.PostAsync(Address(former is not null && (bool?)former["enabled"] != false ? "enable" : "disable"), null, CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (Exception e) when (e is HostRefusedException or HttpRequestException)
        {
            // The file is as it was, and the host looks at it by itself.
        }
    }

    private string Address(string verb) => $"api/v1/drivers/{Uri.EscapeDataString(Id)}/{verb}";

    private (string Name, string Sha256) Copy(string built, PluginsFile file)
    {
        var name = Mark + RandomNumberGenerator.GetHexString(Letters, lowercase: true);
        // Behind a dot until it is whole: the host looks at what lies there.
        var incoming = Path.Combine(file.PluginsFolder, $".{name}");
        Directory.CreateDirectory(incoming);
        var sha256 = FolderHash.Copy(built, incoming);
        Directory.Move(incoming, Path.Combine(file.PluginsFolder, name));
        return (name, sha256);
    }

    /// <summary>What a verb that was killed left behind, unless it serves.</summary>
    private void Sweep(PluginsFile file)
    {
        foreach (var name in Directory.EnumerateDirectories(file.PluginsFolder).Select(static folder => Path.GetFileName(folder)).Where(IsOurs).Where(name => file.Entries.All(entry => entry.Path != name)).ToList())
        {
            Delete(file, name);
        }
    }

    private bool IsOurs(string name) => name.StartsWith(Mark, StringComparison.Ordinal) && name.Length == Mark.Length + Letters && name[Mark.Length..].All(char.IsAsciiHexDigitLower);

    /// <summary>The host has its own copy of what it loaded.</summary>
    private static void Delete(PluginsFile file, string? name)
    {
        if (name is not null && Directory.Exists(Path.Combine(file.PluginsFolder, name)))
        {
            Directory.Delete(Path.Combine(file.PluginsFolder, name), recursive: true);
        }
    }
}
