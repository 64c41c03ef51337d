using System.Globalization;

namespace Sous.Plugins.Benchmarks.Backups;

/// <summary>The most memory that this process held at once, by the kernel's count (Linux).</summary>
internal static class PeakMemory
{
    /// <summary>From here on.</summary>
    public static void Reset() => File.WriteAllText("/proc/self/clear_refs", "5");

    public static double ReadMiB()
    {
        var line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
