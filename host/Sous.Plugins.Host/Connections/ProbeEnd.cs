using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Connections;

/// <summary>What a probe learned: the account, or why the connection cannot be used and who must act.</summary>
internal sealed record ProbeEnd(ProbeResult? Account, FailureKind? Failure = null, string? Cause = null)
{
    /// <summary>Types and stacks of what the driver threw, where that is a defect.</summary>
    public string? Trace { get; init; }

    public bool Ok => Failure is null;

    public Actor Actor => Failure switch
    {
        FailureKind.Unauthorized => Actor.Owner,
        FailureKind.Misconfigured => Actor.Operator,
        FailureKind.Defect => Actor.DriverAuthor,
        _ => Actor.Nobody,
    };

    public static ProbeEnd Failed(FailureKind failure, string cause) => new(null, failure, cause);
}
