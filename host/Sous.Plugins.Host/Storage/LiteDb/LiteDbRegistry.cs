using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Sous.Plugins.Host.Storage.LiteDb;

/// <summary>
/// The registry in one LiteDB file. One thread owns the file; writes that wait together share one commit.
/// Reads come from memory, from a snapshot that is published once it is on disk.
/// </summary>
internal sealed partial class LiteDbRegistry : IRegistry
{
    private const int LargestGroup = 256;
    private const int LongestQueue = 4_096;

    private readonly Channel<PendingWrite> _waiting =
        Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(LongestQueue) { SingleReader = true });

    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<TaskCompletionSource> _compactions = new();
    private readonly DataFolder _folder;
    private readonly ILogger<LiteDbRegistry> _logger;
    private readonly Thread _writer;
    private volatile RegistrySnapshot _current = RegistrySnapshot.Empty;
    private LiteDbFile? _file;
    private long _commits;

    private LiteDbRegistry(DataFolder folder, ILogger<LiteDbRegistry> logger)
    {
        _folder = folder;
        _logger = logger;
        _writer = new Thread(Write) { IsBackground = true, Name = "registry" };
    }

    /// <summary>Commits made since opening; lower than the number of writes when they come together.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Claims the folder, opens or creates its registry, and reads it into memory.</summary>
    /// <exception cref="StorageException">The folder is another process's, or the file is damaged or out of reach.</exception>
    public static LiteDbRegistry Open(DataFolder folder, ILogger<LiteDbRegistry> logger)
    {
        folder.Claim();
        var registry = new LiteDbRegistry(folder, logger);
        registry._writer.Start();
        registry._opened.Task.GetAwaiter().GetResult();
        return registry;
    }

    public ValueTask<T?> FindAsync<T>(RegistryCollection<T> collection, string key, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        return collection.Cached
            ? ValueTask.FromResult(_current.Find(collection.Name, key)?.Read(collection))
            : new ValueTask<T?>(WriteAsync(transaction => transaction.Find(collection, key), cancellationToken));
    }

    public ValueTask<IReadOnlyList<T>> ListAsync<T>(RegistryCollection<T> collection, string keyPrefix, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        return collection.Cached
            ? ValueTask.FromResult<IReadOnlyList<T>>([.. _current.List(collection.Name, keyPrefix).Select(e => e.Read(collection)).OfType<T>()])
            : new ValueTask<IReadOnlyList<T>>(WriteAsync(transaction => transaction.List(collection, keyPrefix), cancellationToken));
    }

    public async Task<TResult> WriteAsync<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken)
    {
        if (Thread.CurrentThread == _writer)
        {
            throw new InvalidOperationException("A write's work must not call the registry: it would wait for itself.");
        }

        var write = new PendingWrite<TResult>(work, cancellationToken);
        try
        {
            await _waiting.Writer.WriteAsync(write, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(LiteDbRegistry));
        }

        return await write.Task;
    }

    /// <summary>Copies the file as it stands after all that was acknowledged. Writes wait for as long as the copying takes.</summary>
    /// <param name="then">Runs at that same moment: no write is acknowledged before it returns.</param>
    public Task CopyAsync(string target, Action then, CancellationToken cancellationToken) => WriteAsync(
        _ =>
        {
            // Between two commits the file is whole: each ends with a checkpoint, and the journal is then spent.
            File.Copy(_folder.RegistryFile, target, overwrite: true);
            then();
            return true;
        },
        cancellationToken);

    public async Task CompactAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _compactions.Enqueue(done);

        // Wakes the writer, which compacts once it has committed this and what waited before it.
        await WriteAsync(static _ => true, cancellationToken);
        await done.Task;
    }

    /// <summary>Finishes the writes that wait, then closes the file. The folder stays claimed: its owner lets it go.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _closed.Task;
    }

    private void Write()
    {
        try
        {
            _file = LiteDbFile.Open(_folder.RegistryFile);
            _current = _file.Load();
            _opened.SetResult();
        }
        catch (Exception e)
        {
            Close();
            _closed.SetResult();
            _opened.SetException(e);
            return;
        }

        var group = new List<PendingWrite>(LargestGroup);
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < LargestGroup && _waiting.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            if (!TryCommit(group))
            {
                OneByOne(group);
            }

            group.Clear();
            Compact();
        }

        Close();
        _closed.SetResult();
    }

    /// <summary>False when the group failed as a whole: then nothing of it was kept and nobody has been answered.</summary>
    private bool TryCommit(List<PendingWrite> group)
    {
        try
        {
            Commit(group);
        }
        catch (StorageException e) when (group.Count == 1)
        {
            group[0].Fail(e);
        }
        catch (StorageException)
        {
            return false;
        }

        return true;
    }

    // A poisoned write must not take its neighbours along. A disk that is full fails the first alone, and then the others need no try.
    private void OneByOne(List<PendingWrite> group)
    {
        var failuresInARow = 0;
        foreach (var write in group)
        {
            if (failuresInARow == 2)
            {
                write.Fail(new StorageException($"The registry {_folder.RegistryFile} could not be written; the writes before this one failed too."));
                continue;
            }

            try
            {
                Commit([write]);
                failuresInARow = 0;
            }
            catch (StorageException e)
            {
                failuresInARow++;
                write.Fail(e);
            }
        }
    }

    private void Commit(List<PendingWrite> group)
    {
        var file = _file ??= Reopen();
        var after = _current;
        var changes = new Dictionary<(string Collection, string Key), RegistryEntry>();
        foreach (var write in group)
        {
            var transaction = new LiteDbTransaction(after, file);
            if (write.Run(transaction))
            {
                after = transaction.After;
                foreach (var (document, entry) in transaction.Changes)
                {
                    changes[document] = entry;
                }
            }
        }

        if (changes.Count > 0)
        {
            Apply(file, changes);
            var uncached = changes.Keys.Select(k => k.Collection).Where(c => c.StartsWith(LiteDbFile.UncachedPrefix, StringComparison.Ordinal));
            _current = after.Drop(uncached);
        }

        group.ForEach(write => write.Complete());
    }

    private void Apply(LiteDbFile file, Dictionary<(string Collection, string Key), RegistryEntry> changes)
    {
        try
        {
            file.Apply(changes);
        }
        catch (StorageException e)
        {
            Log.WriteFailed(_logger, e);
            Close();
            _file = Reopen();

            // A commit that threw may have been committed. What is on disk is true, and what is true may be acknowledged.
            if (!_file.Holds(changes))
            {
                throw;
            }
        }

        Interlocked.Increment(ref _commits);
    }

    private void Compact()
    {
        if (_compactions.IsEmpty)
        {
            return;
        }

        var waiting = new List<TaskCompletionSource>();
        while (_compactions.TryDequeue(out var one))
        {
            waiting.Add(one);
        }

        try
        {
            Close();
            LiteDbFile.Compact(_folder.RegistryFile);
            _file = LiteDbFile.Open(_folder.RegistryFile);
            waiting.ForEach(static one => one.SetResult());
        }
        catch (StorageException e)
        {
            // The next write opens it again.
            Log.WriteFailed(_logger, e);
            waiting.ForEach(one => one.SetException(e));
        }
    }

    private LiteDbFile Reopen()
    {
        var file = LiteDbFile.Open(_folder.RegistryFile);
        try
        {
            _current = file.Load();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Close()
    {
        try
        {
            _file?.Dispose();
        }
        catch (Exception e)
        {
            // Everything acknowledged was checkpointed before; what closing fails to write was never promised.
            Log.CloseFailed(_logger, e);
        }

        _file = null;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2400, Level = LogLevel.Error, Message = "The registry could not be written; it is opened anew.")]
        public static partial void WriteFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 2401, Level = LogLevel.Warning, Message = "The registry did not close cleanly.")]
        public static partial void CloseFailed(ILogger logger, Exception exception);
    }
}
