using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Stores an accepted grant: the credential, the connection that it is for and the session's end, in one write.</summary>
internal sealed class GrantWriter(
    IRegistry registry, CredentialStore credentials, EventLog log, ConnectionEvents events, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <returns>The connection, or null where the session was ended or the connection deleted meanwhile: then nothing was kept.</returns>
    public async Task<Connection?> WriteAsync(ConnectSession session, AcceptedGrant grant, string actor, CancellationToken cancellationToken)
    {
        var id = session.Connection ?? throw new InvalidOperationException("A session that is redeemed has a connection's id.");
        while (true)
        {
            var (version, earlier) = await ReadEarlierAsync(id, cancellationToken);
            if (grant.Retire is { } retire && earlier is not null && await registry.FindAsync(Connection.Collection, id.Value, cancellationToken) is { } before)
            {
                await retire(before, earlier);
            }

            try
            {
                return await SaveAsync(session, grant, actor, MaterialOf(session, id, grant, earlier), version, cancellationToken);
            }
            catch (CredentialConflictException)
            {
                // A refresh of the old grant came first; the new grant stands above it.
            }
            catch (SessionEndedException)
            {
                return null;
            }
        }
    }

    private async Task<Connection> SaveAsync(
        ConnectSession session, AcceptedGrant grant, string actor, CredentialMaterial material, long version, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, actor, grant.Retire is null ? "connection.connected" : "connection.account_changed", session.Tenant, material.Connection.Value);
        Connection? connection = null;
        await credentials.SaveAsync(
            material,
            version,
            transaction =>
            {
                connection = Put(transaction, session, grant, material, now) ?? throw new SessionEndedException();
                transaction.Append(audit);
                grant.Alongside(transaction);
            },
            cancellationToken);
        var kept = connection ?? throw new SessionEndedException();
        log.Wake();
        events.RaiseConnected(kept, lifetime.ApplicationStopping);
        return kept;
    }

    private static Connection? Put(IRegistryTransaction transaction, ConnectSession session, AcceptedGrant grant, CredentialMaterial material, DateTimeOffset now)
    {
        var existing = transaction.Find(Connection.Collection, material.Connection.Value);
        if (transaction.Find(ConnectSession.Collection, session.Id) is not { Status: ConnectSessionStatus.Redeeming } current
            || existing is { IsGone: true }
            || transaction.Find(Revocation.Collection, material.Connection.Value) is not null)
        {
            return null;
        }

        var before = existing ?? Fresh(session, material, now);
        var missing = GrantedScopes.Missing(session.Held?.Request.Scopes ?? [], grant.Scopes);
        var after = (before.Status == ConnectionStatus.Paused ? before : before.Well()) with
        {
            AccountId = grant.AccountId ?? before.AccountId,
            AccountName = grant.AccountId is null || grant.AccountId == before.AccountId ? before.AccountName : grant.AccountName,
            Scopes = grant.Scopes,
            MissingScopes = missing,
            Settings = session.Settings,
            IsFrozen = Tenant.IsFrozen(transaction, session.Tenant),
            ChangedAt = now,
        };
        transaction.Put(Connection.Collection, after);

        // Not as a session that ended with a grant in hand: this grant is kept.
        transaction.Put(ConnectSession.Collection, current.End(ConnectSessionStatus.Completed) with { MissingScopes = missing });
        foreach (var told in PlatformEvents.Connected(after, session.Id))
        {
            EventLog.Append(transaction, told);
        }

        return after;
    }

    private CredentialMaterial MaterialOf(ConnectSession session, ConnectionId id, AcceptedGrant grant, CredentialSecrets? earlier) => new()
    {
        Connection = id,
        Tenant = session.Tenant,

        // What is retired belongs to another account: its refresh token must not live on under this one.
        Secrets = grant.Retire is null ? grant.Secrets with { RefreshToken = grant.Secrets.RefreshToken ?? earlier?.RefreshToken } : grant.Secrets,
        AccessTokenExpiresAt = grant.ExpiresAt,
        ObtainedAt = clock.GetUtcNow(),
        Scopes = grant.Scopes,
    };

    private async Task<(long Version, CredentialSecrets? Secrets)> ReadEarlierAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await credentials.FindAsync(id, cancellationToken) is { } credential
                ? (credential.Version, await credentials.RevealAsync(credential, cancellationToken))
                : (0, null);
        }
        catch (CredentialException)
        {
            // What cannot be trusted any more is what the owner's new grant is there to replace.
            await credentials.DeleteAsync(id, cancellationToken);
            return (0, null);
        }
    }

    private static Connection Fresh(ConnectSession session, CredentialMaterial material, DateTimeOffset now) => new()
    {
        Id = material.Connection,
        Tenant = session.Tenant,
        Driver = session.Driver,
        Status = ConnectionStatus.Ok,
        Settings = session.Settings,
        CreatedAt = now,
        ChangedAt = now,
    };
}
