namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>How a host that helps speaks to the one that works, of a run that it carries out for it. What goes over it is written by <see cref="HelpingJson"/>.</summary>
/// <param name="Send">Has a call sent, with its body: a <see cref="RelayedCall"/> for a <see cref="RelayedAnswer"/>.</param>
/// <param name="Tell">Tells how far the run has come: a <see cref="RunProgressState"/>.</param>
/// <param name="Heed">Passes on what a driver failed with: a <see cref="RelayedFailure"/>.</param>
internal sealed record WorkerLine(
    Func<string, byte[], byte[]?, CancellationToken, Task<(byte[] Head, byte[]? Body)>> Send,
    Func<string, byte[], Task<RunAdvice>> Tell,
    Func<string, byte[], Task> Heed);
