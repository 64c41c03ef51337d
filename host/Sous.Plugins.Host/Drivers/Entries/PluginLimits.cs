namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>What one plugin may take of the process.</summary>
internal sealed record PluginLimits
{
    /// <summary>More than a host's runs and a platform's callers need at once: 200 at one expired token all get their answer.</summary>
    public const int DefaultSessions = 256;

    /// <summary>Runs and calls at once, those counted that were given up and never came back. Default 256.</summary>
    public int Sessions { get; init; } = DefaultSessions;
}
