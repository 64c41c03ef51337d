using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The one way in which a connect session is stored as it has become.</summary>
internal static class SessionWrites
{
    /// <summary>A session that comes to nothing is told to the platform, and a grant that it held is withdrawn. One that is over, or forgotten, stays so.</summary>
    /// <returns>The withdrawals, for <see cref="Revocations.Tell"/> once the write is durable.</returns>
    public static IReadOnlyList<Revocation> PutSession(this IRegistryTransaction transaction, ConnectSession session, DateTimeOffset now)
    {
        if (transaction.Find(ConnectSession.Collection, session.Id) is not { IsOver: false } before)
        {
            return [];
        }

        transaction.Put(ConnectSession.Collection, session);
        if (session.Request is null && before.Request is { } request)
        {
            transaction.Delete(AuthorizationRequest.Collection, request);
        }

        if (PlatformEvents.Ended(session, now) is { } told)
        {
            EventLog.Append(transaction, told);
        }

        return session.Grant is null && before.Grant is { } held ? Withdraw(transaction, session, held, now) : [];
    }

    private static List<Revocation> Withdraw(IRegistryTransaction transaction, ConnectSession session, HeldGrant held, DateTimeOffset now)
    {
        List<Revocation> withdrawn = [Revocation.OfTokens(held.Id, session.Tenant, session.Driver, held.AccountId, now)];

        // Ended while the old tokens had been copied to be withdrawn, but not yet been replaced: then the connection is going too.
        if (transaction.Find(Credential.Collection, held.RetiredId.Value) is not null)
        {
            withdrawn.Add(Revocation.OfTokens(held.RetiredId, session.Tenant, session.Driver, null, now));
        }

        withdrawn.ForEach(revocation => transaction.Put(Revocation.Collection, revocation));
        return withdrawn;
    }
}
