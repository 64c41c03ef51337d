namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>What a callback came to.</summary>
/// <param name="Session">The session it belongs to; null for a refusal, which changes nothing and tells nothing.</param>
/// <param name="Completion">Goes back to the platform by the owner's browser, where a code is held now.</param>
internal sealed record CallbackEnd(ConnectSession? Session, string? Completion = null)
{
    public static readonly CallbackEnd Refused = new((ConnectSession?)null);

    public override string ToString() => Session?.Status.ToString() ?? "Refused";
}
