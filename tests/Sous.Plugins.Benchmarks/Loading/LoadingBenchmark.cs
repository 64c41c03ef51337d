using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Benchmarks.Loading;

/// <summary>
/// Loading drivers from their folders to their factories: ours, with hash, copy and preflight, beside McMaster lazy alone and a
/// bare load context, each in a process of its own, compiled ahead as a host is published; then the whole host's start with the tree's own drivers.
/// </summary>
internal static class LoadingBenchmark
{
    private const double Goal = 1.2;

    private static readonly string[] s_ways = [LoadedOnce.Bare, LoadedOnce.McMaster, LoadedOnce.Copied, LoadedOnce.Ours];
    private static readonly int[] s_counts = [1, 10, 50];

    public static async Task<int> RunAsync(string[] options)
    {
        if (options is ["--once", var way, var root])
        {
            Console.WriteLine(await LoadedOnce.RunAsync(way, root));
            return 0;
        }

        await Published.MakeAsync();
        var rounds = Sampling.Option(options, "--rounds", 5);
        Console.WriteLine($"{"drivers",-9}{"way",-28}{"ms",9}{"ms of processor",18}{"ratio",8}{"private kB a driver",22}");
        var isReached = true;
        foreach (var count in s_counts)
        {
            isReached &= await MeasureAsync(count, rounds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Ratios are of processor time, to McMaster lazy alone; goal {Goal:0.0}: {(isReached ? "reached" : "missed")}."));
        await HostStart.MeasureAsync(rounds);
        return isReached ? 0 : 3;
    }

    private static async Task<bool> MeasureAsync(int count, int rounds)
    {
        var samples = s_ways.ToDictionary(static way => way, static _ => new List<Loaded>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var way in s_ways)
            {
                samples[way].Add(await OnceAsync(way, count));
            }
        }

        var limit = Processor(samples[LoadedOnce.McMaster]);
        foreach (var way in s_ways)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{count,-9}{way,-28}{Sampling.Median(samples[way].Select(static one => one.Elapsed.TotalMilliseconds)),9:0.0}{Processor(samples[way]),18:0.0}{Processor(samples[way]) / limit,8:0.00}{Sampling.Median(samples[way].Select(one => (double)one.PrivateKilobytes / count)),22:0}"));
        }

        return Processor(samples[LoadedOnce.Ours]) <= Goal * limit;
    }

    private static double Processor(List<Loaded> samples) => Sampling.Median(samples.Select(static one => one.Processor.TotalMilliseconds));

    private static async Task<Loaded> OnceAsync(string way, int count)
    {
        var root = Prepare(count);
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet", [Published.Benchmarks, "loading", "--once", way, root]) { RedirectStandardOutput = true };
            using var process = Process.Start(start) ?? throw new InvalidOperationException("A process of its own did not start.");
            var line = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? Loaded.Parse(line.Trim()) : throw new InvalidOperationException($"Loading by '{way}' ended with {process.ExitCode}.");
        }
        finally
        {
            // Copies of drivers are read-only.
            using var delete = Process.Start("chmod", ["-R", "u+w", root]);
            await delete.WaitForExitAsync();
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>The file with another id, of the same length, wherever the driver's own stands alone: in its attribute and in its manifest.</summary>
    private static byte[] Renamed(byte[] file, string name)
    {
        foreach (var (before, after) in ((byte[], byte[])[])[("\u0006square"u8.ToArray(), [6, .. Encoding.UTF8.GetBytes(name)]), ("\"id\": \"square\""u8.ToArray(), Encoding.UTF8.GetBytes($"\"id\": \"{name}\""))])
        {
            for (var at = file.AsSpan().IndexOf(before); at >= 0; at = file.AsSpan().IndexOf(before))
            {
                after.CopyTo(file.AsSpan(at));
            }
        }

        return file;
    }

    /// <summary>That many drivers, each of other bytes and another id.</summary>
    private static string Prepare(int count)
    {
        var root = Directory.CreateTempSubdirectory("sous-bench-").FullName;
        var source = Place.FindDriver("square") ?? throw new InvalidOperationException("The Square driver is not built.");
        var entries = new JsonArray();
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"sq{i:0000}");
            var folder = Directory.CreateDirectory(Path.Combine(root, "plugins", name)).FullName;
            foreach (var file in Directory.EnumerateFiles(source))
            {
                File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(file)), Renamed(File.ReadAllBytes(file), name));
            }

            entries.Add((JsonNode)new JsonObject { ["id"] = name, ["path"] = name });
        }

        File.WriteAllText(Path.Combine(root, "plugins.json"), new JsonObject { ["pluginsFolder"] = "plugins", ["plugins"] = entries }.ToJsonString());
        return root;
    }
}
