using System.Net;
using System.Net.Sockets;

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

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }
}
