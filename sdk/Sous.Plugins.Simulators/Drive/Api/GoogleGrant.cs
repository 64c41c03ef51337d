namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>What the owner consented to once; guarded by the book's lock.</summary>
internal sealed class GoogleGrant
{
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Null where none was given: Google gives one with <c>access_type=offline</c>, at the first consent or with <c>prompt=consent</c>.</summary>
    public string? RefreshToken { get; init; }

    public bool Revoked { get; set; }
}

/// <summary>An authorization request that waits for the owner's answer.</summary>
internal sealed record GoogleAuthorization(string RedirectUri, string? State, IReadOnlyList<string> Scopes, string? CodeChallenge, bool Plain, bool Offline, bool Consent);

/// <summary>An access token as it was issued.</summary>
internal sealed class GoogleAccessToken
{
    public required string Value { get; init; }

    public required GoogleGrant Grant { get; init; }

    public required DateTimeOffset Expires { get; set; }
}
