using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Sous.Plugins.Benchmarks.Harnesses;

/// <summary>A Redis of its own on loopback, with a folder that goes with it, and the harnesses in Node that run against it.</summary>
internal sealed class Redis : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private Redis(Process process, DirectoryInfo folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    private static string Harness => Path.Combine(Path.GetDirectoryName(Place.FindPlugins()) ?? "", "tests", "Sous.Plugins.Benchmarks", "peers");

    /// <param name="isDurable">Whether each write is on disk before it is answered; else nothing is ever written there.</param>
    /// <returns>Null where something is missing, with what to install.</returns>
    public static Redis? TryOpen(bool isDurable, out string missing)
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
            string[] log = isDurable ? ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"] : ["--appendonly", "no"];
            var start = new ProcessStartInfo("redis-server", ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", .. log, "--dir", folder.FullName])
            {
                RedirectStandardOutput = true,
            };
            var process = Process.Start(start) ?? throw new Win32Exception();
            while (process.StandardOutput.ReadLine()?.Contains("Ready to accept connections", StringComparison.Ordinal) == false)
            {
                // It tells how it starts, and nothing after that which would fill the pipe.
            }

            return new Redis(process, folder, port);
        }
        catch (Win32Exception)
        {
            folder.Delete(recursive: true);
            return null;
        }
    }

    /// <summary>What a harness in Node measures; its last argument is the port.</summary>
    public Task<Dictionary<string, double>> MeasureAsync(string harness, params string[] arguments)
        => Figures.ReadAsync(new ProcessStartInfo("node", [Path.Combine(Harness, harness), .. arguments, Port.ToString(CultureInfo.InvariantCulture)]));

    /// <summary>Processor time of the server so far.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
