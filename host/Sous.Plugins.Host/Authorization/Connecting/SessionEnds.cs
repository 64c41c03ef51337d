using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Ends connect sessions that nobody shall finish: codes are destroyed, and what was granted is withdrawn.</summary>
internal sealed class SessionEnds(IRegistry registry, Revocations revocations, EventLog log, TimeProvider clock)
{
    public async Task EndAsync(Func<ConnectSession, bool> which, string cause, CancellationToken cancellationToken)
    {
        var open = (await registry.ListAsync(ConnectSession.Collection, "", cancellationToken)).Where(session => !session.IsOver && which(session)).ToList();
        if (open.Count == 0)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var dropped = await log.WriteAsync(
            transaction => open
                .Select(session => transaction.Find(ConnectSession.Collection, session.Id))
                .OfType<ConnectSession>()
                .SelectMany(session => transaction.PutSession(session.End(ConnectSessionStatus.Failed, cause), now))
                .ToList(),
            cancellationToken);
        revocations.Tell(dropped);
    }
}
