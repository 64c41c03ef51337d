namespace Sous.Plugins.Host.Authorization;

/// <summary>Waits that double, with jitter, up to a longest.</summary>
/// <param name="First">Wait after the first failure.</param>
/// <param name="Longest">The longest wait of our own; what a service asks for may be longer.</param>
internal readonly record struct BackOff(TimeSpan First, TimeSpan Longest)
{
    /// <param name="earlier">Failures before this one.</param>
    /// <param name="asked">What the service asked for, or null.</param>
    public TimeSpan After(int earlier, TimeSpan? asked)
    {
        var doubled = First * Math.Pow(2, Math.Min(earlier, 30));
        var wait = (doubled < Longest ? doubled : Longest) * (0.75 + (0.25 * Random.Shared.NextDouble()));
        return asked > wait ? asked.Value : wait;
    }
}
