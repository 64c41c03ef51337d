namespace Sous.Plugins.Benchmarks.Scheduling;

/// <summary>How late each of many was, in milliseconds.</summary>
internal static class Lateness
{
    public static Dictionary<string, double> Percentiles(IEnumerable<double> milliseconds, string prefix = "")
    {
        var sorted = milliseconds.Order().ToArray();
        return new Dictionary<string, double>
        {
            [prefix + "count"] = sorted.Length,
            [prefix + "p50"] = At(0.5),
            [prefix + "p99"] = At(0.99),
            [prefix + "p99.9"] = At(0.999),
        };

        double At(double fraction) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(fraction * sorted.Length) - 1)];
    }
}
