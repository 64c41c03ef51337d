using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A grant that a connection is to have.</summary>
internal sealed record AcceptedGrant
{
    public required CredentialSecrets Secrets { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public string? AccountId { get; init; }

    public string? AccountName { get; init; }

    /// <summary>Called with what it takes the place of, before it does; null where that was the same account's and needs no withdrawing.</summary>
    public Func<Connection, CredentialSecrets, Task>? Retire { get; init; }

    /// <summary>Puts further documents into the same write.</summary>
    public Action<IRegistryTransaction> Alongside { get; init; } = static _ => { };
}
