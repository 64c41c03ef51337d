using System.Diagnostics;

namespace Sous.Plugins.Benchmarks.Loading;

/// <summary>The host, and these benchmarks, published as the README has a host published: compiled ahead for this machine.</summary>
internal static class Published
{
    private const string Machine = "linux-x64";

    public static string Host => PathOf("Sous.Plugins.Host");

    public static string Benchmarks => PathOf("Sous.Plugins.Benchmarks");

    public static async Task MakeAsync()
    {
        foreach (var project in (string[])["host/Sous.Plugins.Host", "tests/Sous.Plugins.Benchmarks"])
        {
            using var process = Process.Start("dotnet", ["publish", "-c", "Release", $"-p:Machine={Machine}", "-v", "q", "--nologo", Path.Combine(Tree(), project)]);
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"{project} could not be published.");
            }
        }
    }

    private static string PathOf(string project) => Path.Combine(Tree(), "artifacts", "publish", project, $"release_{Machine}", $"{project}.dll");

    private static string Tree() => Path.GetDirectoryName(Place.FindPlugins()) ?? "/";
}
