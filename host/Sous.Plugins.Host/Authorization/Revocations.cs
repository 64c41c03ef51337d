using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Takes grants that are to be withdrawn; <see cref="RevocationWorker"/> carries them out.</summary>
internal sealed class Revocations(ConnectionStore connections, CredentialStore credentials, TimeProvider clock)
{
    /// <summary>Something was taken.</summary>
    public event Action<Revocation>? Added;

    /// <summary>From now on the connection works no more. Returns it, or null where it does not exist; asked again, it changes nothing.</summary>
    public async Task<Connection?> DisconnectAsync(TenantId tenant, ConnectionId id, string actor, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return null;
        }

        var revocation = new Revocation
        {
            Connection = id,
            Tenant = tenant,
            Driver = connection.Driver,
            AccountId = connection.AccountId,
            NextTryAt = clock.GetUtcNow(),
        };
        var changed = await connections.ChangeAsync(
            id,
            actor,
            "connection.deleted",
            (current, transaction) =>
            {
                if (current.IsOver)
                {
                    return null;
                }

                transaction.Put(Revocation.Collection, revocation);
                return current with { Status = ConnectionStatus.Revoking, Cause = null, Actor = Actor.Nobody };
            },
            cancellationToken);
        if (changed is not null)
        {
            Tell(revocation);
        }

        return changed ?? await connections.FindAsync(tenant, id, cancellationToken);
    }

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
                transaction.Put(AuditEntry.Collection, audit);
                alongside(transaction);
            },
            cancellationToken);
        Tell(revocation);
    }

    /// <summary>A revocation that was put into the registry, now durable, is to be carried out.</summary>
    public void Tell(Revocation? revocation)
    {
        if (revocation is not null)
        {
            Added?.Invoke(revocation);
        }
    }
}
