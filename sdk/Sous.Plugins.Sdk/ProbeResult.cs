namespace Sous.Plugins.Sdk;

/// <summary>What a probe learned of the account behind a connection.</summary>
public sealed record ProbeResult
{
    /// <summary>The service's own id of the account (Square's merchant id), or null where it tells none.</summary>
    public string? AccountId { get; init; }

    /// <summary>The account's name as its owner knows it, or null.</summary>
    public string? AccountName { get; init; }

    /// <summary>Scopes that the grant holds now, or null where the service does not say.</summary>
    public IReadOnlyList<string>? GrantedScopes { get; init; }
}
