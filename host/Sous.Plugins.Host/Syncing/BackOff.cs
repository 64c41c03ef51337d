namespace Sous.Plugins.Host.Syncing;

/// <summary>How long to wait before a sync that failed is tried again.</summary>
internal static class BackOff
{
    private static readonly TimeSpan[] s_ladder =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
    ];

    /// <summary>Up to a fifth longer, by the sync's own jitter.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    public static TimeSpan After(int failures, Jitter jitter)
        => s_ladder[Math.Clamp(failures, 1, s_ladder.Length) - 1] * (1 + (0.2 * jitter.Fraction));
}
