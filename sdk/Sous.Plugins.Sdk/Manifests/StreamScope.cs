namespace Sous.Plugins.Sdk.Manifests;

/// <summary>What a stream's checkpoint is kept for.</summary>
public enum StreamScope
{
    /// <summary>Each location has its own.</summary>
    Location,

    /// <summary>The whole connection has one.</summary>
    Connection,
}
