namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>An authorization code that waits to be redeemed or destroyed.</summary>
/// <param name="Code">Encrypted.</param>
/// <param name="CompletionHash">Hash of what the owner's browser brings to the return address.</param>
/// <param name="ExpiresAt">Then it is destroyed.</param>
/// <param name="Request">The authorization request it answers.</param>
internal sealed record HeldCode(string Code, string CompletionHash, DateTimeOffset ExpiresAt, AuthorizationRequest Request)
{
    /// <summary>What is left of it once it was redeemed.</summary>
    public HeldCode Spent() => this with { Code = "", Request = Request with { Verifier = null } };
}
