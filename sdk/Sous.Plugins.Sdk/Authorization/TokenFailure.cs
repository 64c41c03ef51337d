namespace Sous.Plugins.Sdk.Authorization;

/// <summary>What a refusal means.</summary>
public enum TokenFailure
{
    /// <summary>The service is unwell: the same may go through later.</summary>
    Temporary,

    /// <summary>The service's own word that the grant is gone: the owner must reconnect.</summary>
    GrantGone,

    /// <summary>The client registration is wrong: the operator must act.</summary>
    ClientRejected,
}
