namespace Sous.Plugins.Sdk.Manifests;

/// <summary>Ways to authorize a connection.</summary>
public enum AuthorizationKind
{
    /// <summary>The owner consents in a browser: OAuth 2.0 authorization code.</summary>
    OauthCode,

    /// <summary>The client logs in as itself; an operator binds accounts to tenants.</summary>
    ClientCredentials,

    /// <summary>The owner or operator enters a key.</summary>
    ApiKey,
}
