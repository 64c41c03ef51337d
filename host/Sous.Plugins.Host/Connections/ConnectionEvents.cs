using System.Collections.Immutable;

namespace Sous.Plugins.Host.Connections;

/// <summary>
/// Tells the other rooms of connections that came or are going. A hint, not a promise: after a crash nothing is told again,
/// so a listener also looks at all connections when the host starts.
/// </summary>
internal sealed partial class ConnectionEvents(ILogger<ConnectionEvents> logger)
{
    private ImmutableList<Func<Connection, CancellationToken, Task>> _connected = [];
    private ImmutableList<Func<Connection, CancellationToken, Task>> _paused = [];
    private ImmutableList<Func<Connection, CancellationToken, Task>> _leaving = [];

    /// <summary>Calls when a connection was made, renewed, resumed or given other settings, after that is durable. All at once, away from the request.</summary>
    public void OnConnected(Func<Connection, CancellationToken, Task> listener) => ImmutableInterlocked.Update(ref _connected, list => list.Add(listener));

    /// <summary>Calls when a connection was paused, after that is durable. All at once, away from the request.</summary>
    public void OnPaused(Func<Connection, CancellationToken, Task> listener) => ImmutableInterlocked.Update(ref _paused, list => list.Add(listener));

    /// <summary>Calls when a connection is about to be revoked, before its records go: whoever works for it stops, and waits until it has.</summary>
    public void OnLeaving(Func<Connection, CancellationToken, Task> listener) => ImmutableInterlocked.Update(ref _leaving, list => list.Add(listener));

    /// <summary>Returns at once; the listeners are told in the background.</summary>
    public void RaiseConnected(Connection connection, CancellationToken stopping) => _ = Task.Run(() => RaiseConnectedAsync(connection, stopping), stopping);

    /// <inheritdoc cref="RaiseConnected"/>
    public void RaisePaused(Connection connection, CancellationToken stopping) => _ = Task.Run(() => TellAsync(_paused, connection, stopping), stopping);

    public Task RaiseConnectedAsync(Connection connection, CancellationToken cancellationToken) => TellAsync(_connected, connection, cancellationToken);

    public Task RaiseLeavingAsync(Connection connection, CancellationToken cancellationToken) => TellAsync(_leaving, connection, cancellationToken);

    private Task TellAsync(ImmutableList<Func<Connection, CancellationToken, Task>> listeners, Connection connection, CancellationToken cancellationToken)
        => Task.WhenAll(listeners.Select(listener => TellAsync(listener, connection, cancellationToken)));

    private async Task TellAsync(Func<Connection, CancellationToken, Task> listener, Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            await listener(connection, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.ListenerFailed(logger, connection.Id, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1101, Level = LogLevel.Error, Message = "A listener failed for connection {Connection}.")]
        public static partial void ListenerFailed(ILogger logger, ConnectionId connection, Exception exception);
    }
}
