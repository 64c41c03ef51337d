namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>What the merchant allowed once; guarded by the grant book's lock.</summary>
internal sealed class Grant
{
    public required IReadOnlyList<string> Scopes { get; init; }

    public required bool Pkce { get; init; }

    public bool Revoked { get; set; }

    public required string RefreshToken { get; set; }

    /// <summary>Null in the code flow: its refresh token does not expire.</summary>
    public DateTimeOffset? RefreshExpires { get; set; }
}

/// <summary>An authorization request that waits for the merchant's answer, and then its code.</summary>
internal sealed record AuthorizationRequest(string RedirectUri, bool RedirectGiven, string? State, IReadOnlyList<string> Scopes, string? CodeChallenge);

/// <summary>An access token as it was issued.</summary>
internal sealed class AccessToken
{
    public required string Value { get; init; }

    public required Grant Grant { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required bool ShortLived { get; init; }

    public required DateTimeOffset Expires { get; set; }

    public bool Revoked { get; set; }
}
