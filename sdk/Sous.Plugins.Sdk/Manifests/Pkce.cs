namespace Sous.Plugins.Sdk.Manifests;

/// <summary>Whether PKCE is used.</summary>
public enum Pkce
{
    /// <summary>With SHA-256.</summary>
    S256,

    /// <summary>Not, because the service offers it only to clients without a secret.</summary>
    Unavailable,
}
