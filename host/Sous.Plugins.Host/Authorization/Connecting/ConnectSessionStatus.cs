namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>How far a connect session has come. From <see cref="Completed"/> on it is over.</summary>
internal enum ConnectSessionStatus
{
    /// <summary>The link exists.</summary>
    Created,

    /// <summary>The owner went to the service.</summary>
    Started,

    /// <summary>The owner consented; the code waits for the platform's word.</summary>
    CodeHeld,

    /// <summary>The code is being redeemed.</summary>
    Redeeming,

    /// <summary>Another account consented than the connection was made for; its grant waits for the platform's word.</summary>
    AccountMismatch,

    Completed,

    /// <summary>The owner said no.</summary>
    Denied,

    /// <summary>The link was not used in time.</summary>
    Expired,

    /// <summary>The service, or somebody other than the initiator, spoilt it.</summary>
    Failed,

    /// <summary>The platform did not confirm in time; the code was destroyed.</summary>
    Abandoned,
}
