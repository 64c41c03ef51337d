using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Ends connect sessions whose time is over: codes that nobody confirmed are destroyed, and old sessions are forgotten.</summary>
internal sealed class SessionSweeper(IRegistry registry, EventLog events, GrantKeeper keeper, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await RecoverAsync(stoppingToken);
        using var timer = new PeriodicTimer(s_interval, clock);
        do
        {
            await SweepAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A host that was killed while it redeemed: what was granted is kept, what was not cannot be asked for again.</summary>
    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (var session in await registry.ListAsync(ConnectSession.Collection, "", cancellationToken))
        {
            if (session.Status == ConnectSessionStatus.Redeeming && !await keeper.RecoverAsync(session, cancellationToken))
            {
                var failed = session.End(ConnectSessionStatus.Failed, "The host stopped while the code was redeemed.");
                var now = clock.GetUtcNow();
                await events.WriteAsync(transaction => transaction.PutSession(failed, now), cancellationToken);
            }
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

        await events.WriteAsync(
            transaction =>
            {
                foreach (var id in changed)
                {
                    Apply(transaction, id, now);
                }

                foreach (var hash in stale)
                {
                    transaction.Delete(AuthorizationRequest.Collection, hash);
                }
            },
            cancellationToken);
    }

    private static void Apply(IRegistryTransaction transaction, string id, DateTimeOffset now)
    {
        if (transaction.Find(ConnectSession.Collection, id) is not { } session)
        {
            return;
        }

        if (session.At(now) is { } judged)
        {
            transaction.PutSession(judged, now);
        }
        else
        {
            transaction.Delete(ConnectSession.Collection, id);
        }
    }
}
