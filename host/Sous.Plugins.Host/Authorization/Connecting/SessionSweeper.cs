using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Ends connect sessions whose time is over: codes that nobody confirmed are destroyed, and old sessions are forgotten.</summary>
internal sealed partial class SessionSweeper(IRegistry registry, EventLog events, HeldGrants heldGrants, Revocations revocations, TimeProvider clock, ILogger<SessionSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(15);

    /// <summary>Recovers before anybody can complete a session, so that it takes none out of a caller's hands.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RecoverAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (StorageException e)
            {
                Log.NotSwept(logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A host that was killed while it redeemed: what was confirmed is carried out, and a code that was sent cannot be sent again.</summary>
    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (var session in (await registry.ListAsync(ConnectSession.Collection, "", cancellationToken)).Where(static session => session.Status == ConnectSessionStatus.Redeeming))
        {
            if (session.Grant is { } held)
            {
                await heldGrants.ConfirmAsync(session, held, AuditEntry.Host, cancellationToken);
                continue;
            }

            var now = clock.GetUtcNow();
            var failed = session.End(ConnectSessionStatus.Failed, "The host stopped while the code was redeemed.");
            await events.WriteAsync(transaction => transaction.PutSession(failed, now), cancellationToken);
        }
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var sessions = await registry.ListAsync(ConnectSession.Collection, "", cancellationToken);
        var requests = await registry.ListAsync(AuthorizationRequest.Collection, "", cancellationToken);
        var changed = sessions.Where(session => !ReferenceEquals(session.At(now), session)).Select(static session => session.Id).ToArray();
        var stale = requests.Where(request => now >= request.ExpiresAt).Select(static request => request.StateHash).ToArray();
        if (changed.Length + stale.Length == 0)
        {
            return;
        }

        var dropped = await events.WriteAsync(
            transaction =>
            {
                foreach (var hash in stale)
                {
                    transaction.Delete(AuthorizationRequest.Collection, hash);
                }

                return changed.SelectMany(id => Apply(transaction, id, now)).ToList();
            },
            cancellationToken);
        revocations.Tell(dropped);
    }

    private static IReadOnlyList<Revocation> Apply(IRegistryTransaction transaction, string id, DateTimeOffset now)
    {
        if (transaction.Find(ConnectSession.Collection, id) is not { } session)
        {
            return [];
        }

        if (session.At(now) is { } judged)
        {
            return transaction.PutSession(judged, now);
        }

        transaction.Delete(ConnectSession.Collection, id);
        return [];
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1260, Level = LogLevel.Warning, Message = "Connect sessions whose time is over could not be ended; it is tried again.")]
        public static partial void NotSwept(ILogger logger, Exception exception);
    }
}
