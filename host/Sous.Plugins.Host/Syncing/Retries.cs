using Sous.Plugins.Host.Authorization;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How long until a run that failed is tried again, by what it met.</summary>
internal static class Retries
{
    public static BackOff LadderOf(Trouble trouble) => trouble switch
    {
        // It did not say for how long.
        Trouble.RateLimited => new BackOff(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15)),
        // It costs the service nothing, and everybody waits for it.
        Trouble.Storage => new BackOff(TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(5)),
        // As a rule met again at the next try, and nobody mends it within the hour.
        Trouble.DriverDefect => new BackOff(TimeSpan.FromMinutes(30), TimeSpan.FromHours(6)),
        Trouble.HostDefect => new BackOff(TimeSpan.FromMinutes(1), TimeSpan.FromHours(6), 4),
        _ => new BackOff(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30)),
    };

    /// <param name="earlier">Failures in a row before this one.</param>
    /// <param name="jitter">The sync's own: many may have been asked to wait for the same time. Nothing is ever tried before a service's time is over.</param>
    /// <param name="chance">As with <see cref="BackOff.After(int, double)"/>.</param>
    public static TimeSpan WaitAfter(RunEnd end, int earlier, Jitter jitter, double chance) => end.RetryAfter switch
    {
        // It moved on, and goes on at once.
        { Ticks: 0 } => TimeSpan.Zero,
        { } asked => asked + jitter.Within(asked),
        null => LadderOf(end.Trouble ?? Trouble.Waiting).After(earlier, chance),
    };
}
