namespace Sous.Plugins.Host.Cli;

/// <summary>A verb cannot do what it was asked for.</summary>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
/// <param name="sentence">Says why, and what to do; it goes to stderr as it is.</param>
internal sealed class VerbFailedException(int exitCode, string sentence, Exception? inner = null) : Exception(sentence, inner)
{
    public int ExitCode { get; } = exitCode;
}
