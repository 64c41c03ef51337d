namespace Sous.Plugins.Host.Drivers;

/// <summary>What one plugin may take of the process.</summary>
internal sealed record PluginLimits
{
    /// <summary>More than a host's runs and days need at once, and fewer than the threads that it can have at once.</summary>
    public const int DefaultSessions = 64;

    /// <summary>Runs and calls at once, those counted that were given up and never came back. Default 64.</summary>
    public int Sessions { get; init; } = DefaultSessions;
}
