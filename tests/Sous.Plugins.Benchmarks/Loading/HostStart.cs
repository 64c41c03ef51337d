using System.Diagnostics;
using System.Globalization;

namespace Sous.Plugins.Benchmarks.Loading;

/// <summary>The whole host with the tree's drivers, from its process's start to ready, and what it takes when it is idle.</summary>
internal static class HostStart
{
    private const double MostSeconds = 1.5;
    private const double MostMebibytes = 100;

    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(5);

    public static async Task MeasureAsync(int rounds)
    {
        var (seconds, mebibytes) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            var (ready, resident) = await OnceAsync();
            seconds.Add(ready.TotalSeconds);
            mebibytes.Add(resident / 1024d);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The host with the tree's drivers and a fresh data folder: ready after {Sampling.Median(seconds):0.00} s (goal {MostSeconds:0.0}), {Sampling.Median(mebibytes):0} MiB resident {s_idle.TotalSeconds:0} s later (goal {MostMebibytes:0})."));
    }

    private static async Task<(TimeSpan Ready, long ResidentKilobytes)> OnceAsync()
    {
        var data = Directory.CreateTempSubdirectory("sous-bench-").FullName;
        var address = Place.FreeAddress();
        string[] arguments = [Published.Host, "run", "--urls", address.GetLeftPart(UriPartial.Authority), "--data", data, "--plugins", Place.FindPlugins()];
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath ?? "dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("The host did not start.");
        try
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await ReadyAsync(address, process);
            var ready = Stopwatch.GetElapsedTime(started);
            await Task.Delay(s_idle);
            process.Refresh();
            return (ready, process.WorkingSet64 / 1024);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            using var delete = Process.Start("chmod", ["-R", "u+w", data]);
            await delete.WaitForExitAsync();
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task ReadyAsync(Uri address, Process process)
    {
        using var http = new HttpClient { BaseAddress = address };
        while (!process.HasExited)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(5);
        }

        throw new InvalidOperationException($"The host ended with {process.ExitCode} before it was ready.");
    }
}
