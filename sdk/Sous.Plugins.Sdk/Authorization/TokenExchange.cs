namespace Sous.Plugins.Sdk.Authorization;

/// <summary>What is asked of the token or revocation endpoint. A later host may ask for more: null is the answer to what a driver does not know.</summary>
public enum TokenExchange
{
    /// <summary>Redeem an authorization code.</summary>
    Code,

    /// <summary>Renew by refresh token.</summary>
    Refresh,

    /// <summary>Log in as the client itself.</summary>
    ClientCredentials,

    /// <summary>Withdraw the grant.</summary>
    Revoke,
}
