using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Sous.Plugins.Benchmarks;

/// <summary>Where a benchmark's host finds its drivers, and where it listens.</summary>
internal static class Place
{
    public static string FindPlugins()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "plugins.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("No plugins.json is above the benchmarks.");
        }

        return Path.Combine(folder.FullName, "plugins.json");
    }

    /// <summary>The host's own folder, which stands beside the benchmarks'; the simulators are staged below it.</summary>
    public static string FindHost() => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Sous.Plugins.Host", new DirectoryInfo(AppContext.BaseDirectory).Name));

    /// <summary>A driver's staged folder, or null where it was not built.</summary>
    public static string? FindDriver(string id)
    {
        var artifacts = new DirectoryInfo(Path.Combine(Path.GetDirectoryName(FindPlugins()) ?? "", "artifacts"));
        return artifacts.EnumerateDirectories().Where(static place => place.Name is not ("bin" or "obj"))
            .SelectMany(static place => place.EnumerateFiles("driver.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }))
            .FirstOrDefault(manifest => IdOf(manifest) == id)?.DirectoryName;
    }

    private static string? IdOf(FileInfo manifest)
    {
        using var parsed = JsonDocument.Parse(File.ReadAllBytes(manifest.FullName));
        return parsed.RootElement.TryGetProperty("id", out var id) ? id.GetString() : null;
    }

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }
}
