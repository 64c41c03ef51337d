namespace Sous.Plugins.Sdk.Authorization;

/// <summary>How the parameters are sent.</summary>
public enum TokenBody
{
    /// <summary>As application/x-www-form-urlencoded.</summary>
    Form,

    /// <summary>As a JSON object.</summary>
    Json,
}
