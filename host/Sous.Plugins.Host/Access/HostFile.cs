using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Access;

/// <summary>data/host.json (0600): where the running host listens and the key of this start, so that the CLI finds both.</summary>
/// <param name="Address">Such as http://localhost:5080.</param>
/// <param name="Plugins">Absolute path of its plugins.json.</param>
internal sealed record HostFile(Uri Address, string Key, string Plugins)
{
    private const string Name = "host.json";

    /// <summary>Called once the host listens.</summary>
    public static void Write(DataFolder folder, Uri address, HostKey key, string plugins)
        => OwnerFile.Write(folder.File(Name), JsonSerializer.Serialize(new HostFile(address, key.Text.Reveal(), Path.GetFullPath(plugins)), HostFileJson.Default.HostFile));

    /// <summary>What a running host left, or null where none runs or ran.</summary>
    public static HostFile? Read(string dataFolder)
    {
        var path = Path.Combine(dataFolder, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), HostFileJson.Default.HostFile);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Called as the host stops.</summary>
    public static void Delete(DataFolder folder) => File.Delete(folder.File(Name));

    public override string ToString() => $"{Address} ***";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HostFile))]
internal sealed partial class HostFileJson : JsonSerializerContext;
