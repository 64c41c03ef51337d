using System.Reflection;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Sdk.Testing.Loading;

/// <summary>A driver as its folder gave it.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="AssemblyPath">Its own DLL.</param>
/// <param name="Attribute">How its assembly names it.</param>
/// <param name="Factory">Its factory.</param>
internal sealed record LoadedDriver(DriverManifest Manifest, string AssemblyPath, SousDriverAttribute Attribute, IDriverFactory Factory)
{
    public const string ManifestName = "driver.json";

    /// <exception cref="ManifestException">The manifest cannot be read.</exception>
    public static DriverManifest ReadManifest(string folder)
    {
        var path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path))
        {
            throw new ManifestException($"There is no {ManifestName} in {folder}.");
        }

        var bytes = File.ReadAllBytes(path).AsSpan();
        return DriverManifest.Read(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
    }

    /// <summary>Loads it. What its code throws comes through.</summary>
    public static LoadedDriver Load(string folder)
    {
        var manifest = ReadManifest(folder);
        var path = Path.Combine(Path.GetFullPath(folder), manifest.Assembly);
        var assembly = new DriverLoadContext(path).LoadFromAssemblyPath(path);
        var attribute = assembly.GetCustomAttribute<SousDriverAttribute>()
            ?? throw new InvalidOperationException($"{manifest.Assembly} is not a driver: it has no [assembly: SousDriver].");
        var factory = Activator.CreateInstance(attribute.Factory) as IDriverFactory
            ?? throw new InvalidOperationException($"{attribute.Factory} does not implement IDriverFactory.");
        return new LoadedDriver(manifest, path, attribute, factory);
    }
}
