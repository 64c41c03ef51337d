using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

/// <summary>The driver that was built outside of the tree, as its folder has it: found by its attribute, known by the contract alone.</summary>
internal static class OutsideDriver
{
    public static string Folder { get; } = Path.Combine(StagedDriver.Tree(), "artifacts", "third-party", "plugins", "Outside.Lightspeed");

    public static DriverManifest Manifest { get; } = DriverManifest.Read(File.ReadAllBytes(Path.Combine(Folder, "driver.json")));

    public static Assembly Assembly { get; } = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(Folder, Manifest.Assembly));

    public static IDriver Over(HttpClient client, TimeProvider clock, object? settings = null)
    {
        var factory = (IDriverFactory)Activator.CreateInstance(Assembly.GetCustomAttribute<SousDriverAttribute>()!.Factory)!;
        return factory.Create(new DriverContext
        {
            Http = client,
            HttpHandler = new HttpClientHandler(),
            ApiAddress = client.BaseAddress!,
            Clock = clock,
            Logger = NullLogger.Instance,
            Settings = JsonSerializer.SerializeToElement(settings ?? new { }),
        });
    }
}
