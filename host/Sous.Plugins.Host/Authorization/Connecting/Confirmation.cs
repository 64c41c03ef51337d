using Sous.Plugins.Host.Audit;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The word that a held code may be redeemed.</summary>
/// <param name="Actor">Whose word, for the audit.</param>
/// <param name="Initiator">The user in whose session the platform asks; must be the one who started.</param>
/// <param name="Completion">What the owner's browser brought back, where the platform passes it on.</param>
/// <param name="Account">The account that the connection shall have, where it is another than before.</param>
/// <param name="IsAutomatic">Nobody confirmed anything; only sessions that were made so take it.</param>
internal sealed record Confirmation(string Actor, string? Initiator, string? Completion, string? Account = null, bool IsAutomatic = false)
{
    public static readonly Confirmation Automatic = new(AuditEntry.Browser, null, null, IsAutomatic: true);

    public bool Fits(ConnectSession session)
        => IsAutomatic
            ? session.Completion == CompletionMode.Automatic
            : string.Equals(Initiator, session.Initiator, StringComparison.Ordinal)
                && (Completion is null || (session.Held is { } held && Connections.RandomText.Same(Connections.RandomText.Hash(Completion), held.CompletionHash)));

    public override string ToString() => "***";
}
