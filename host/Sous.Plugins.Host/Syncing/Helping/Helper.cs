using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>Another host that carries out runs for this one. Safe for any number of threads.</summary>
/// <param name="name">As in the list of hosts.</param>
/// <param name="places">How many runs at once it takes.</param>
/// <param name="carryOut">Has it carry one out.</param>
/// <param name="gone">Canceled once it is gone, or does not answer.</param>
internal sealed class Helper(string name, int places, Func<ActiveRun, Connection, CancellationToken, Task<RunEnd?>> carryOut, CancellationToken gone)
{
    private readonly ConcurrentDictionary<ActiveRun, (CancellationTokenSource Stop, Task Over)> _runs = new();
    private volatile bool _isPaused;

    public string Name { get; } = name;

    public int Places { get; } = places;

    public CancellationToken Gone { get; } = gone;

    /// <summary>How many it carries out now.</summary>
    public int Runs => _runs.Count;

    /// <returns>Null where it does not carry out this one: it is then this host's own.</returns>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public async Task<RunEnd?> CarryOutAsync(ActiveRun active, Connection connection, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _runs[active] = (stop, over.Task);
        try
        {
            return _isPaused ? null : await carryOut(active, connection, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new RunEnd(SyncOutcome.RetryLater, "It was stopped for a change of keys, and goes on at once.", Trouble.Waiting, TimeSpan.Zero) { StopsRun = true, GoesOn = true };
        }
        finally
        {
            _runs.TryRemove(active, out _);
            over.SetResult();
        }
    }

    /// <summary>Stops what it carries out, and has it carry out nothing more until <see cref="Resume"/>.</summary>
    public async Task PauseAsync()
    {
        _isPaused = true;
        foreach (var (stop, over) in _runs.Values)
        {
            try
            {
                await stop.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended by itself.
            }

            await over;
        }
    }

    public void Resume() => _isPaused = false;
}
