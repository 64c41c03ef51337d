namespace Sous.Plugins.Sdk.Manifests;

/// <summary>Whose calls a service counts together.</summary>
public enum RateLimitScope
{
    /// <summary>All that one client registration calls, for whichever connection.</summary>
    Registration,

    /// <summary>Those of one connection.</summary>
    Connection,
}
