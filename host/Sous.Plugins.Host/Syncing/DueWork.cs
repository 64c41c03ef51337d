using System.Collections.Concurrent;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Work for keys at the instants it is due: never twice at once for a key, a bounded number at once over all.</summary>
internal sealed class DueWork<TKey> : IAsyncDisposable
    where TKey : notnull, IEquatable<TKey>
{
    private static readonly TimeSpan s_afterBusy = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TKey, Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _slots;
    private readonly TimeProvider _clock;
    private readonly Func<TKey, CancellationToken, Task<DateTimeOffset?>> _work;
    private readonly Timetable<TKey> _timetable;
    private int _stopped;

    /// <param name="clock">Tells what is due.</param>
    /// <param name="atOnce">How many at once.</param>
    /// <param name="work">Returns when the key is due next, or null once it is done. Throws only to be cancelled.</param>
    public DueWork(TimeProvider clock, int atOnce, Func<TKey, CancellationToken, Task<DateTimeOffset?>> work)
    {
        _clock = clock;
        _work = work;
        _slots = new SemaphoreSlim(atOnce);
        _timetable = new Timetable<TKey>(clock, (key, _) => Start(key));
    }

    public void Set(TKey key, DateTimeOffset due) => _timetable.Set(key, due);

    public void Remove(TKey key) => _timetable.Remove(key);

    /// <returns>When the key is due, or null where it is not, or is at work.</returns>
    public DateTimeOffset? DueOf(TKey key) => _timetable.DueOf(key);

    public bool IsAtWork(TKey key) => _running.ContainsKey(key);

    /// <summary>Stops, and waits for what is at work.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 1)
        {
            return;
        }

        _timetable.Dispose();
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _slots.Dispose();
    }

    private void Start(TKey key)
    {
        var task = new Task<Task>(() => RunAsync(key));
        if (_running.TryAdd(key, task.Unwrap()))
        {
            task.Start(TaskScheduler.Default);
        }
        else
        {
            _timetable.Set(key, _clock.GetUtcNow() + s_afterBusy);
        }
    }

    private async Task RunAsync(TKey key)
    {
        DateTimeOffset? next = null;
        try
        {
            await _slots.WaitAsync(_stop.Token);
            try
            {
                next = await _work(key, _stop.Token);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            _running.TryRemove(key, out _);
        }

        // Whoever set it while it was at work may know of something that the work had passed by then.
        if (next is { } due && !(_timetable.DueOf(key) <= due))
        {
            _timetable.Set(key, due);
        }
    }
}
