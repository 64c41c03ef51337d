using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Keeps the grant of another account until the platform confirms that the connection shall be that account's from now on.</summary>
internal sealed class HeldGrants(IRegistry registry, CredentialStore credentials, GrantWriter writer, Revocations revocations, EventLog log, TimeProvider clock)
{
    /// <summary>What whoever completes is told, each time.</summary>
    public static RedemptionEnd Ask(HeldGrant held) => new(null, Problems.Conflict(
        "another_account",
        $"Another account consented than the one that the connection was made for. To go on with it, complete again with \"account\": \"{held.AccountId}\"; otherwise its grant is withdrawn.",
        ("account", held.AccountId),
        ("accountName", held.AccountName),
        ("until", held.Until)));

    /// <summary>The tokens, the session and what is told of them become durable together; the connection stays as it was.</summary>
    /// <returns>Null where the session was ended meanwhile: then nothing was kept.</returns>
    public async Task<HeldGrant?> HoldAsync(ConnectSession session, TokenSet tokens, GrantedScopes scopes, string account, string? name, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var held = new HeldGrant(ConnectionId.New(), ConnectionId.New(), account, name, now + HeldGrant.Life);
        var audit = AuditEntry.Make(now, AuditEntry.Host, "connect_session.account_mismatch", session.Tenant, session.Id, "Another account consented.");
        var material = new CredentialMaterial
        {
            Connection = held.Id,
            Tenant = session.Tenant,
            Secrets = new CredentialSecrets { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken },
            AccessTokenExpiresAt = tokens.ExpiresAt,
            ObtainedAt = now,
            Scopes = scopes.Granted,
        };
        try
        {
            await credentials.SaveAsync(
                material,
                0,
                transaction =>
                {
                    if (transaction.Find(ConnectSession.Collection, session.Id) is not { Status: ConnectSessionStatus.Redeeming } current)
                    {
                        throw new SessionEndedException();
                    }

                    transaction.PutSession(current with { Status = ConnectSessionStatus.AccountMismatch, Grant = held, Held = current.Held?.Spent() }, now);
                    transaction.Append(audit);
                    EventLog.Append(transaction, PlatformEvents.AccountMismatch(session, held, now));
                },
                cancellationToken);
        }
        catch (SessionEndedException)
        {
            return null;
        }

        log.Wake();
        return held;
    }

    /// <summary>
    /// Carries out a confirmation, which is durable already: from the start again after a crash, and to the same end. Records and
    /// mappings stay with the connection; the old account's grant is withdrawn once the new one stands in its place.
    /// </summary>
    public async Task<RedemptionEnd> ConfirmAsync(ConnectSession session, HeldGrant held, string actor, CancellationToken cancellationToken)
    {
        if (await ReadAsync(session, held, cancellationToken) is not { } grant
            || await writer.WriteAsync(session, grant, actor, cancellationToken) is not { } connection)
        {
            var now = clock.GetUtcNow();
            var failed = session.End(ConnectSessionStatus.Failed, "The connection was deleted, or the grant lost, before it was confirmed.");
            revocations.Tell(await log.WriteAsync(
                transaction =>
                {
                    // A copy of the old tokens, which are still the connection's own.
                    credentials.Delete(transaction, held.RetiredId);
                    return transaction.PutSession(failed, now);
                },
                cancellationToken));
            return RedemptionEnd.Refused("not_held", failed.Cause ?? "");
        }

        if (await registry.FindAsync(Revocation.Collection, held.RetiredId.Value, cancellationToken) is { } retired)
        {
            revocations.Tell(retired);
        }

        return RedemptionEnd.Of(connection);
    }

    private async Task<AcceptedGrant?> ReadAsync(ConnectSession session, HeldGrant held, CancellationToken cancellationToken)
    {
        try
        {
            if (await credentials.FindAsync(held.Id, cancellationToken) is not { } credential)
            {
                return null;
            }

            var oldAccount = (await registry.FindAsync(Connection.Collection, session.Connection?.Value ?? "", cancellationToken))?.AccountId;
            return new AcceptedGrant
            {
                Secrets = await credentials.RevealAsync(credential, cancellationToken),
                ExpiresAt = credential.AccessTokenExpiresAt,
                Scopes = credential.Scopes,
                AccountId = held.AccountId,
                AccountName = held.AccountName,
                Retire = (connection, secrets) => RetireAsync(held.RetiredId, connection, secrets, cancellationToken),
                Alongside = transaction => Settle(transaction, session, held, oldAccount),
            };
        }
        catch (CredentialException)
        {
            return null;
        }
    }

    private void Settle(IRegistryTransaction transaction, ConnectSession session, HeldGrant held, string? oldAccount)
    {
        credentials.Delete(transaction, held.Id);
        if (transaction.Find(Credential.Collection, held.RetiredId.Value) is not null)
        {
            transaction.Put(Revocation.Collection, Revocation.OfTokens(held.RetiredId, session.Tenant, session.Driver, oldAccount, clock.GetUtcNow()));
        }
    }

    private async Task RetireAsync(ConnectionId id, Connection connection, CredentialSecrets secrets, CancellationToken cancellationToken)
    {
        var version = (await registry.FindAsync(Credential.Collection, id.Value, cancellationToken))?.Version ?? 0;
        var material = new CredentialMaterial { Connection = id, Tenant = connection.Tenant, Secrets = secrets, ObtainedAt = clock.GetUtcNow() };
        await credentials.SaveAsync(material, version, cancellationToken);
    }
}
