using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>A credential that can be used, or who must act before there is one.</summary>
/// <param name="Wait">With <see cref="FailureKind.Transient"/>: how long until the next try.</param>
internal sealed record RefreshEnd(Credential? Credential, FailureKind Failure = default, string? Cause = null, TimeSpan? Wait = null)
{
    /// <summary>In the words of a run's.</summary>
    public SyncOutcome Outcome => this switch
    {
        { Credential: not null } => SyncOutcome.Completed,
        { Failure: FailureKind.Unauthorized } => SyncOutcome.NeedsReconnect,
        { Failure: FailureKind.Misconfigured } => SyncOutcome.NeedsAttention,
        _ => SyncOutcome.RetryLater,
    };

    public static RefreshEnd OwnerMustAct(string cause) => new(null, FailureKind.Unauthorized, cause);

    public Credential GetCredential() => Credential ?? throw new DriverException(Failure, Cause ?? "There is no credential.", Wait);
}
