using System.Diagnostics;
using System.Globalization;

namespace Sous.Plugins.Benchmarks.Harnesses;

/// <summary>Figures by their names, one a line, as a process of its own tells them.</summary>
internal static class Figures
{
    public static void Print(Dictionary<string, double> figures)
    {
        foreach (var (name, value) in figures)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}={value:R}"));
        }
    }

    public static async Task<Dictionary<string, double>> ReadAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? lines.Select(static line => line.Split('=')).Where(static parts => parts.Length == 2).ToDictionary(static parts => parts[0], static parts => double.Parse(parts[1], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}.");
    }
}
