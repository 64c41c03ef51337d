namespace Sous.Plugins.Sdk.Authorization;

/// <summary>Where in the answer what stands: names of members, with dots between levels. Only what differs from RFC 6749 need be said.</summary>
public sealed record TokenAnswerShape
{
    /// <summary>The access token.</summary>
    public string AccessToken { get; init; } = "access_token";

    /// <summary>The refresh token; absent in an answer, the stored one stays.</summary>
    public string RefreshToken { get; init; } = "refresh_token";

    /// <summary>Life in seconds, a number or text.</summary>
    public string ExpiresIn { get; init; } = "expires_in";

    /// <summary>Instant of expiry, RFC 3339, where the service tells that instead.</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>Whether the access token is a JWT whose <c>exp</c> counts where it is earlier than what the answer says.</summary>
    public bool ExpiresInToken { get; init; }

    /// <summary>Granted scopes, separated by spaces.</summary>
    public string Scope { get; init; } = "scope";

    /// <summary>The service's id of the account, where the answer tells it.</summary>
    public string? AccountId { get; init; }
}
