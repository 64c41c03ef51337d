namespace Sous.Plugins.Host.Authorization;

/// <summary>Waits that grow with each failure in a row up to a longest. A quarter of each is left to chance, so that not all who failed together come back together.</summary>
/// <param name="First">Wait after the first failure.</param>
/// <param name="Longest">The longest wait of our own; what a service asks for may be longer.</param>
/// <param name="Factor">How many times as long each wait is as the one before.</param>
internal readonly record struct BackOff(TimeSpan First, TimeSpan Longest, double Factor = 2)
{
    /// <param name="earlier">Failures before this one.</param>
    /// <param name="asked">What the service asked for, or null.</param>
    public TimeSpan After(int earlier, TimeSpan? asked)
    {
        var wait = After(earlier, Random.Shared.NextDouble());
        return asked > wait ? asked.Value : wait;
    }

    /// <param name="chance">0 for the shortest of the waits that may be, up to 1 for the longest.</param>
    /// <inheritdoc cref="After(int, TimeSpan?)"/>
    public TimeSpan After(int earlier, double chance)
    {
        // In ticks and not as a time: what has failed for weeks would overflow one.
        var grown = Math.Min(First.Ticks * Math.Pow(Factor, earlier), Longest.Ticks);
        return TimeSpan.FromTicks((long)(grown * (0.75 + (0.25 * chance))));
    }
}
