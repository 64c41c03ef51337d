namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>What the owner allowed once, with all tokens that came of it; guarded by the grants' lock.</summary>
internal sealed class LightspeedGrant
{
    public required IReadOnlyList<string> Scopes { get; init; }

    public bool Revoked { get; set; }
}

/// <summary>An authorization request that waits for the owner's answer, and then its code.</summary>
internal sealed record LightspeedAuthorization(string RedirectUri, string? State, IReadOnlyList<string> Scopes, string? CodeChallenge);

/// <summary>An access token and the refresh token that came with it.</summary>
internal sealed class LightspeedTokens
{
    public required string Access { get; init; }

    public required string Refresh { get; init; }

    public required LightspeedGrant Grant { get; init; }

    public required DateTimeOffset Expires { get; set; }

    public required DateTimeOffset RefreshExpires { get; init; }

    public bool Spent { get; set; }
}
