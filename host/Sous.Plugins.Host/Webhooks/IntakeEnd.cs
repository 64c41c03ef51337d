namespace Sous.Plugins.Host.Webhooks;

/// <summary>What became of a webhook.</summary>
internal enum IntakeEnd
{
    /// <summary>What it tells is stored, or was known, or asks for nothing.</summary>
    Kept,

    /// <summary>It is not the service's.</summary>
    Refused,

    /// <summary>It cannot be judged or stored at present; the service is to send it again.</summary>
    Unable,
}
