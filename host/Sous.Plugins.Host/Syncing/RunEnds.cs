using System.Collections.Concurrent;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Stores how runs ended. An end that the store does not take at that moment is kept and stored as soon as it does, so that no run seems to be under way for good.</summary>
internal sealed partial class RunEnds : IAsyncDisposable
{
    private const int AtOnce = 2;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly DueWork<string> _work;
    private readonly IChangeStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger<RunEnds> _logger;

    public RunEnds(IChangeStore store, TimeProvider clock, ILogger<RunEnds> logger)
    {
        (_store, _clock, _logger) = (store, clock, logger);
        _work = new DueWork<string>(clock, AtOnce, StoreKeptAsync);
    }

    /// <summary>The ids of runs whose ends the store does not know yet.</summary>
    public IEnumerable<string> NotStored => _kept.Keys;

    /// <summary>Not to be canceled: a run that was told to stop has to say so.</summary>
    public async Task StoreAsync(SyncRun ended, IReadOnlyList<ScopeFetch> fetches)
    {
        try
        {
            await _store.EndRunAsync(ended, fetches, CancellationToken.None);
        }
        catch (Exception e)
        {
            Log.Kept(_logger, ended.Id, e);
            _kept[ended.Id] = new Kept(ended, fetches);
            _work.Set(ended.Id, _clock.GetUtcNow() + s_again);
        }
    }

    /// <returns>The run as it ended, where the store does not know that yet; else as it is stored.</returns>
    public SyncRun Latest(SyncRun stored) => _kept.TryGetValue(stored.Id, out var kept) ? kept.Run : stored;

    public ValueTask DisposeAsync() => _work.DisposeAsync();

    private async Task<DateTimeOffset?> StoreKeptAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await _store.EndRunAsync(_kept[id].Run, _kept[id].Fetches, cancellationToken);
            _kept.TryRemove(id, out _);
            Log.Stored(_logger, id);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return _clock.GetUtcNow() + s_again;
        }
    }

    private sealed record Kept(SyncRun Run, IReadOnlyList<ScopeFetch> Fetches);

    private static partial class Log
    {
        [LoggerMessage(EventId = 2012, Level = LogLevel.Error, Message = "How run {Run} ended could not be stored; it is tried again until it can.")]
        public static partial void Kept(ILogger logger, string run, Exception exception);

        [LoggerMessage(EventId = 2013, Level = LogLevel.Information, Message = "How run {Run} ended is stored now.")]
        public static partial void Stored(ILogger logger, string run);
    }
}
