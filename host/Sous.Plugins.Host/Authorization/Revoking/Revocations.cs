using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Revoking;

/// <summary>Takes grants that are to be withdrawn; <see cref="RevocationWorker"/> carries them out.</summary>
internal sealed class Revocations(IRegistry registry, ConnectionStore connections, CredentialStore credentials, TimeProvider clock)
{
    /// <summary>Something was taken.</summary>
    public event Action<Revocation>? Added;

    /// <summary>From now on the connection works no more, and its records go. Returns it, or null where it does not exist; asked again, it changes nothing.</summary>
    public async Task<Connection?> DisconnectAsync(TenantId tenant, ConnectionId id, IfMatch match, string actor, CancellationToken cancellationToken)
        => await connections.FindAsync(tenant, id, cancellationToken) is { } connection
            ? await RevokeAsync(connection, actor, "connection.deleted", current => IsToGo(current, match), keepRecords: false, cancellationToken)
                ?? await connections.FindAsync(tenant, id, cancellationToken)
            : null;

    /// <summary>From now on the connection works no more, but everything of it except its grant is kept.</summary>
    public Task WithdrawAsync(Connection connection, string actor, CancellationToken cancellationToken)
        => RevokeAsync(connection, actor, "connection.withdrawn", static current => !current.IsOver, keepRecords: true, cancellationToken);

    private static bool IsToGo(Connection current, IfMatch match)
    {
        match.Require(current.Version);
        return !current.IsGone;
    }

    private async Task<Connection?> RevokeAsync(
        Connection connection, string actor, string action, Func<Connection, bool> applies, bool keepRecords, CancellationToken cancellationToken)
    {
        var revocation = new Revocation
        {
            Connection = connection.Id,
            Tenant = connection.Tenant,
            Driver = connection.Driver,
            AccountId = connection.AccountId,
            NextTryAt = clock.GetUtcNow(),
        };
        var changed = await connections.ChangeAsync(
            connection.Id,
            actor,
            action,
            (current, transaction) =>
            {
                if (!applies(current))
                {
                    return null;
                }

                transaction.Put(Revocation.Collection, revocation);
                return current with { Status = ConnectionStatus.Revoking, Cause = null, Actor = Actor.Nobody, KeepsRecords = keepRecords };
            },
            cancellationToken);
        if (changed is not null)
        {
            Tell(revocation);
        }

        return changed;
    }

    /// <summary>Whether the connection's grant is still being withdrawn.</summary>
    public async ValueTask<bool> IsOpenAsync(ConnectionId id, CancellationToken cancellationToken)
        => await registry.FindAsync(Revocation.Collection, id.Value, cancellationToken) is not null;

    /// <summary>Tokens that shall never be used: kept encrypted until they are withdrawn.</summary>
    /// <param name="account">Whose they are: where a connection of that account lives, services could not withdraw the one without the other, and they are only forgotten.</param>
    /// <param name="alongside">Puts further documents into the same write.</param>
    public async Task DiscardAsync(
        TenantId tenant, DriverId driver, TokenSet tokens, string? account, Action<IRegistryTransaction> alongside, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var id = ConnectionId.New();
        var material = new CredentialMaterial
        {
            Connection = id,
            Tenant = tenant,
            Secrets = new CredentialSecrets { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken },
            AccessTokenExpiresAt = tokens.ExpiresAt,
            ObtainedAt = now,
        };
        var revocation = Revocation.OfTokens(id, tenant, driver, account, now);
        var audit = AuditEntry.Make(now, AuditEntry.Host, "grant.discarded", tenant, id.Value);
        await credentials.SaveAsync(
            material,
            0,
            transaction =>
            {
                transaction.Put(Revocation.Collection, revocation);
                transaction.Append(audit);
                alongside(transaction);
            },
            cancellationToken);
        Tell(revocation);
    }

    /// <summary>Revocations that were put into the registry, now durable, are to be carried out.</summary>
    public void Tell(params IReadOnlyList<Revocation> added)
    {
        foreach (var revocation in added)
        {
            Added?.Invoke(revocation);
        }
    }
}
