namespace Sous.Plugins.Sdk.Authorization;

/// <summary>A value that the host fills in. The driver names it and never sees it.</summary>
public enum TokenValue
{
    /// <summary>The text beside it.</summary>
    Literal,

    /// <summary>The client registration's id.</summary>
    ClientId,

    /// <summary>The client registration's secret.</summary>
    ClientSecret,

    /// <summary>The authorization code.</summary>
    Code,

    /// <summary>The redirect address of the authorization request, to the letter.</summary>
    RedirectUri,

    /// <summary>The PKCE verifier.</summary>
    CodeVerifier,

    /// <summary>The stored refresh token.</summary>
    RefreshToken,

    /// <summary>The stored access token.</summary>
    AccessToken,
}
