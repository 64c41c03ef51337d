using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Drivers.Tests;

/// <summary>Drivers as they are staged for deployment, a folder each.</summary>
internal static class StagedDriver
{
    public static DriverManifest ManifestOf<TFactory>() =>
        DriverManifest.Read(File.ReadAllBytes(Path.Combine(FolderOf(typeof(TFactory).Assembly.GetName().Name!), "driver.json")));

    public static string FolderOf(string assembly) => Path.Combine(Tree(), "artifacts", "plugins", assembly);

    /// <summary>The root of the tree that the tests run in.</summary>
    public static string Tree()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sous.Plugins.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the tree.");
    }
}
