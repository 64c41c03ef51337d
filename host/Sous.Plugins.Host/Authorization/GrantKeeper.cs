using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Keeps what an owner granted: the credential first, then the connection that it is for, each durable.</summary>
internal sealed class GrantKeeper(
    IRegistry registry,
    CredentialStore credentials,
    EventLog log,
    ConnectionEvents events,
    Revocations revocations,
    ConnectionProbe probe,
    IHostApplicationLifetime lifetime,
    TimeProvider clock)
{
    public async Task<RedemptionEnd> KeepAsync(ConnectSession session, LoadedDriver driver, TokenSet tokens, string actor, CancellationToken cancellationToken)
    {
        var id = session.Connection ?? throw new InvalidOperationException("A session that is redeemed has a connection's id.");
        var existing = await registry.FindAsync(Connection.Collection, id.Value, cancellationToken);
        if (existing is { IsOver: true })
        {
            return await RefuseAsync(session, driver, tokens, "connection_gone", "The connection was deleted meanwhile.", cancellationToken);
        }

        if (existing is { AccountId: { } account } && await ReadAccountAsync(driver, existing, tokens, cancellationToken) is var granted && granted != account)
        {
            return granted is null
                ? await RefuseAsync(session, driver, tokens, "account_unknown", "The service does not say now whose account this is. Try again.", cancellationToken)
                : await RefuseAsync(
                    session, driver, tokens, "another_account",
                    "This is another account than the one that the connection was made for. Make a new connection for it.", cancellationToken);
        }

        var saved = await SaveAsync(session, id, tokens, cancellationToken);
        return await FinishAsync(session, saved, tokens.AccountId, actor, cancellationToken) is { } connection
            ? RedemptionEnd.Of(connection)
            : RedemptionEnd.Refused("not_held", "The session was ended meanwhile.");
    }

    /// <summary>Whether a crash came between the two writes: the credential is there, so the session is finished now.</summary>
    public async Task<bool> RecoverAsync(ConnectSession session, CancellationToken cancellationToken)
        => session.Connection is { } id
            && await credentials.FindAsync(id, cancellationToken) is { } credential
            && credential.ObtainedAt >= session.CreatedAt
            && await FinishAsync(session, credential, null, AuditEntry.Host, cancellationToken) is not null;

    private async ValueTask<string?> ReadAccountAsync(LoadedDriver driver, Connection existing, TokenSet tokens, CancellationToken cancellationToken)
        => tokens.AccountId ?? (await probe.AskAsync(driver, existing, AuthorizationHandler.Of(tokens.AccessToken), cancellationToken)).Account?.AccountId;

    private async Task<Credential> SaveAsync(ConnectSession session, ConnectionId id, TokenSet tokens, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (version, earlier) = await ReadEarlierAsync(id, cancellationToken);
            var material = new CredentialMaterial
            {
                Connection = id,
                Tenant = session.Tenant,
                Secrets = new CredentialSecrets { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken ?? earlier?.RefreshToken },
                AccessTokenExpiresAt = tokens.ExpiresAt,
                ObtainedAt = clock.GetUtcNow(),
                Scopes = tokens.Scopes ?? session.Held?.Request.Scopes ?? [],
            };
            try
            {
                return await credentials.SaveAsync(material, version, cancellationToken);
            }
            catch (CredentialConflictException)
            {
                // A refresh of the old grant came first; the new grant stands above it.
            }
        }
    }

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

    private async Task<Connection?> FinishAsync(ConnectSession session, Credential credential, string? accountId, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, actor, "connection.connected", session.Tenant, credential.Connection.Value);
        var fresh = new Connection
        {
            Id = credential.Connection,
            Tenant = session.Tenant,
            Driver = session.Driver,
            Status = ConnectionStatus.Ok,
            Settings = session.Settings,
            CreatedAt = now,
            ChangedAt = now,
        };
        var connection = await log.WriteAsync<Connection?>(
            transaction =>
            {
                if (transaction.Find(ConnectSession.Collection, session.Id) is not { Status: ConnectSessionStatus.Redeeming } current)
                {
                    return null;
                }

                var before = transaction.Find(Connection.Collection, credential.Connection.Value) ?? fresh;
                var after = (before.Status == ConnectionStatus.Paused ? before : before.Well()) with
                {
                    AccountId = accountId ?? before.AccountId,
                    Scopes = credential.Scopes,
                    Settings = session.Settings,
                    ChangedAt = now,
                };
                transaction.Put(Connection.Collection, after);
                transaction.Put(ConnectSession.Collection, current.End(ConnectSessionStatus.Completed));
                transaction.Put(AuditEntry.Collection, audit);
                foreach (var told in PlatformEvents.Connected(after, session.Id))
                {
                    EventLog.Append(transaction, told);
                }

                return after;
            },
            cancellationToken);
        if (connection is not null)
        {
            events.RaiseConnected(connection, lifetime.ApplicationStopping);
        }

        return connection;
    }

    private async Task<RedemptionEnd> RefuseAsync(ConnectSession session, LoadedDriver driver, TokenSet tokens, string code, string detail, CancellationToken cancellationToken)
    {
        await revocations.DiscardAsync(session.Tenant, driver.Id, tokens, cancellationToken);
        var now = clock.GetUtcNow();
        await log.WriteAsync(transaction => transaction.PutSession(session.End(ConnectSessionStatus.Failed, detail), now), cancellationToken);
        return RedemptionEnd.Refused(code, detail);
    }
}
