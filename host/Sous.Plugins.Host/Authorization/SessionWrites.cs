using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>The one way in which a connect session is stored as it has become: one that came to nothing is told to the platform.</summary>
internal static class SessionWrites
{
    public static void PutSession(this IRegistryTransaction transaction, ConnectSession session, DateTimeOffset now)
    {
        var before = transaction.Find(ConnectSession.Collection, session.Id);
        transaction.Put(ConnectSession.Collection, session);
        if (before is not { IsOver: true } && PlatformEvents.Ended(session, now) is { } told)
        {
            EventLog.Append(transaction, told);
        }
    }
}
