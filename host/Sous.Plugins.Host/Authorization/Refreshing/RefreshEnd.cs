using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Refreshing;

/// <summary>A credential that can be used, or who must act before there is one.</summary>
/// <param name="Wait">With <see cref="FailureKind.Transient"/>: how long until the next try.</param>
internal sealed record RefreshEnd(Credential? Credential, FailureKind Failure = default, string? Cause = null, TimeSpan? Wait = null)
{
    public static RefreshEnd OwnerMustAct(string cause) => new(null, FailureKind.Unauthorized, cause);

    public Credential GetCredential() => Credential ?? throw new DriverException(Failure, Cause ?? "There is no credential.", Wait);
}
