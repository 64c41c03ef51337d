namespace Sous.Plugins.Host.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    public const int Failed = 1;

    /// <summary>The command line cannot be read.</summary>
    public const int Syntax = 2;

    /// <summary>Done, and something was found: a day that does not tie out, a run that is suspect.</summary>
    public const int Findings = 3;

    /// <summary>The configuration, plugins.json or the boot gate forbids a start.</summary>
    public const int StartForbidden = 78;
}
