namespace Sous.Plugins.Sdk.Manifests;

/// <summary>How the client's secret is sent to the token endpoint.</summary>
public enum ClientAuthentication
{
    /// <summary>As parameters of the body.</summary>
    Body,

    /// <summary>As HTTP Basic.</summary>
    Basic,
}
