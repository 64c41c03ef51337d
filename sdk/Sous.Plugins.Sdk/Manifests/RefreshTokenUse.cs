namespace Sous.Plugins.Sdk.Manifests;

/// <summary>What becomes of a refresh token when it is used.</summary>
public enum RefreshTokenUse
{
    /// <summary>It stays good.</summary>
    Reusable,

    /// <summary>It is spent: the answer brings the next one.</summary>
    SingleUse,

    /// <summary>There is none.</summary>
    None,
}
