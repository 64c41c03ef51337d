namespace Sous.Plugins.Host.Live.Development;

/// <summary>Shows one instant, so that what a driver asks by the time of day it asks alike again. Waits are real.</summary>
internal sealed class StandingClock(DateTimeOffset at) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => at;
}
