namespace Sous.Plugins.Host.Syncing;

/// <summary>A page that is not stored, because it breaks the contract or does not look whole. Never leaves the room.</summary>
/// <param name="outcome">Suspect where the service may be at fault, NeedsAttention where only the driver can be.</param>
/// <param name="message">One plain sentence, without the service's data.</param>
internal sealed class PageRefusedException(SyncOutcome outcome, string message) : Exception(message)
{
    public SyncOutcome Outcome { get; } = outcome;
}
