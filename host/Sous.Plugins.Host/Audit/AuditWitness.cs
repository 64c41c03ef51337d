namespace Sous.Plugins.Host.Audit;

/// <summary>Sees whether a request left an entry of its own in the trail, whichever handler served it.</summary>
/// <param name="actor">Its caller: what the host does meanwhile is no entry of the request.</param>
internal sealed class AuditWitness(string actor)
{
    private static readonly AsyncLocal<AuditWitness?> s_current = new();

    private volatile bool _hasSeen;

    public bool HasSeen => _hasSeen;

    /// <summary>Of the request that is being served, where this is its caller.</summary>
    public static AuditWitness? Of(string actor) => s_current.Value is { } witness && witness.IsOf(actor) ? witness : null;

    /// <summary>Witnesses what the current request does from here on.</summary>
    public static AuditWitness Begin(string actor) => s_current.Value = new AuditWitness(actor);

    public void Seen() => _hasSeen = true;

    private bool IsOf(string other) => actor == other;
}
