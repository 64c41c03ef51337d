using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>BullMQ by its harness in Node, on a Redis of its own that writes nothing to disk.</summary>
internal sealed class BullPeer : IDisposable
{
    private readonly Process _redis;
    private readonly DirectoryInfo _folder;
    private readonly int _port;

    private BullPeer(Process redis, DirectoryInfo folder, int port) => (_redis, _folder, _port) = (redis, folder, port);

    private static string Harness => Path.Combine(Path.GetDirectoryName(Place.FindPlugins()) ?? "", "tests", "Sous.Plugins.Benchmarks", "peers");

    /// <returns>Null where something is missing, with what to install.</returns>
    public static BullPeer? TryOpen(out string missing)
    {
        missing = $"BullMQ is skipped: run `npm ci --ignore-scripts` in {Harness}.";
        if (!Directory.Exists(Path.Combine(Harness, "node_modules")))
        {
            return null;
        }

        missing = "BullMQ is skipped: there is no redis-server; on Debian `apt-get install redis-server`.";
        var port = Place.FreeAddress().Port;
        var folder = Directory.CreateTempSubdirectory("sous-bench-");
        try
        {
            var start = new ProcessStartInfo("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.FullName])
            {
                RedirectStandardOutput = true,
            };
            var redis = Process.Start(start) ?? throw new Win32Exception();
            while (redis.StandardOutput.ReadLine()?.Contains("Ready to accept connections", StringComparison.Ordinal) == false)
            {
                // It tells how it starts, and nothing after that which would fill the pipe.
            }

            return new BullPeer(redis, folder, port);
        }
        catch (Win32Exception)
        {
            folder.Delete(recursive: true);
            return null;
        }
    }

    public async Task<Dictionary<string, double>> MeasureAsync(string figure, int count)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Harness, "bullmq.js"), figure, count.ToString(CultureInfo.InvariantCulture), _port.ToString(CultureInfo.InvariantCulture)]);
        return await Figures.ReadAsync(start);
    }

    public void Dispose()
    {
        _redis.Kill();
        _redis.WaitForExit();
        _redis.Dispose();
        _folder.Delete(recursive: true);
    }
}
