using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>The one way in which a connect session is stored as it has become.</summary>
internal static class SessionWrites
{
    /// <summary>A session that came to nothing is told to the platform, and a grant that it held is withdrawn.</summary>
    /// <returns>The withdrawal, for <see cref="Revocations.Tell"/> once the write is durable; or null.</returns>
    public static Revocation? PutSession(this IRegistryTransaction transaction, ConnectSession session, DateTimeOffset now)
    {
        var before = transaction.Find(ConnectSession.Collection, session.Id);
        transaction.Put(ConnectSession.Collection, session);
        if (session.Request is null && before?.Request is { } request)
        {
            transaction.Delete(AuthorizationRequest.Collection, request);
        }

        if (before is not { IsOver: true } && PlatformEvents.Ended(session, now) is { } told)
        {
            EventLog.Append(transaction, told);
        }

        if (session.Grant is not null || before?.Grant is not { } held)
        {
            return null;
        }

        var revocation = Revocation.OfTokens(held.Id, session.Tenant, session.Driver, held.AccountId, now);
        transaction.Put(Revocation.Collection, revocation);
        return revocation;
    }
}
