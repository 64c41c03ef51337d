using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>
/// Has each connection's days closed when they have settled, and looked at again when their records changed: one timer for all,
/// connections taking turns, so that one with many locations holds up no other.
/// </summary>
internal sealed class DayCloser : BackgroundService
{
    private readonly DueWork<ConnectionId> _due;
    private readonly RunQueue _queue;
    private readonly IRegistry _registry;
    private readonly TimeProvider _clock;

    public DayCloser(ClosingWork work, RunQueue queue, ConnectionEvents events, IRegistry registry, IOptions<DaysOptions> options, TimeProvider clock)
    {
        (_queue, _registry, _clock) = (queue, registry, clock);
        _due = new DueWork<ConnectionId>(clock, options.Value.MaxConcurrent, work.RunAsync);
        events.OnConnected((connection, _) => WakeAsync(connection.Id));
        events.OnLeaving((connection, _) => WakeAsync(connection.Id));
        queue.Ended += OnEnded;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Ended -= OnEnded;
        await _due.DisposeAsync();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var connection in await _registry.ListAsync(Connection.Collection, "", stoppingToken))
        {
            await WakeAsync(connection.Id);
        }
    }

    // Whatever a run brought may belong to a closed day, and what a day waited for may be there.
    private void OnEnded(ActiveRun active, RunEnd end)
    {
        if (active.Request.Key.Stream == StreamName.Sales)
        {
            _due.Set(active.Request.Key.Connection, _clock.GetUtcNow());
        }
    }

    private Task WakeAsync(ConnectionId connection)
    {
        _due.Set(connection, _clock.GetUtcNow());
        return Task.CompletedTask;
    }
}
