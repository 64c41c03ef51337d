namespace Sous.Plugins.Browser.Tests;

/// <summary>Where the tree is that these tests were built in.</summary>
internal static class Tree
{
    public static string Root { get; } = FindRoot();

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
