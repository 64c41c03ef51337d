using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>The end of a token exchange: tokens, nothing to say (a revocation went through), a failure, or that the service has no such exchange.</summary>
/// <param name="Cause">One plain sentence, free of secrets and of the service's own words.</param>
/// <param name="RetryAfter">How long the service asked to wait.</param>
internal sealed record TokenResult(TokenSet? Tokens, TokenFailure? Failure, string? Cause = null, TimeSpan? RetryAfter = null)
{
    public static readonly TokenResult Done = new(null, null);

    public static readonly TokenResult NotOffered = new(null, TokenFailure.ClientRejected, "The service offers no such exchange.");

    /// <summary>False where the request surely never reached the service.</summary>
    public bool Sent { get; init; } = true;

    /// <summary>Nothing was asked, because another connection would lose its grant as well.</summary>
    public static readonly TokenResult Shared = new(null, null);

    /// <summary>The service counts our requests and wants fewer (429).</summary>
    public bool RateLimited { get; init; }

    public static TokenResult Temporary(string cause, TimeSpan? retryAfter = null) => new(null, TokenFailure.Temporary, cause, retryAfter);
}
