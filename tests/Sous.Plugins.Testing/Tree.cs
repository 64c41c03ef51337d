namespace Sous.Plugins.Testing;

/// <summary>Where the tree is that these tests were built in.</summary>
public static class Tree
{
    public static string Root { get; } = FindRoot();

    /// <summary>debug or release, as these tests were built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Name;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sous.Plugins.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tree's root is not above the tests.");
        }

        return folder.FullName;
    }
}
