using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// The one writer. Writes that wait together share a transaction, since a commit is what costs: up to four, or as many as
/// fit into 10 ms. Nobody waits for company. Each is acknowledged after the commit.
/// </summary>
internal sealed class GroupCommitter : IAsyncDisposable
{
    private const int Waiting = 64;
    private const int GroupOfPages = 4;
    private static readonly TimeSpan GroupTime = TimeSpan.FromMilliseconds(10);

    private readonly Channel<Write> _channel = Channel.CreateBounded<Write>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly Session _session;
    private readonly Numbers _numbers;
    private readonly SqliteFile _file;
    private readonly Task _loop;

    public GroupCommitter(Session session, Numbers numbers, SqliteFile file)
    {
        _session = session;
        _numbers = numbers;
        _file = file;
        _loop = Task.Run(WriteAllAsync);
    }

    /// <summary>Durable when the task ends.</summary>
    /// <param name="work">Runs alone, inside a transaction; it may run a second time after all of the first was taken back.</param>
    /// <param name="cancellationToken">Counts until the work begins.</param>
    /// <exception cref="StorageException">The file cannot be written; nothing of the work was kept.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var write = new Write<T>(work);
        await using (cancellationToken.UnsafeRegister(_ => write.Cancel(cancellationToken), null))
        {
            try
            {
                await _channel.Writer.WriteAsync(write, cancellationToken);
            }
            catch (ChannelClosedException e)
            {
                throw new StorageException($"The change store {_file.Path} is closed.", e);
            }

            return await write.Done;
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Action work, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _loop;
    }

    private async Task WriteAllAsync()
    {
        var group = new List<Write>();
        while (await _channel.Reader.WaitToReadAsync())
        {
            group.Clear();
            if (TryWriteGroup(group))
            {
                continue;
            }

            if (group.Count == 0 && _channel.Reader.TryRead(out var first) && first.TryBegin())
            {
                group.Add(first);
            }

            // One of them failed and took the others with it: each by itself, so that it fails alone.
            foreach (var write in group)
            {
                WriteAlone(write);
            }
        }
    }

    private bool TryWriteGroup(List<Write> group)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            Execute("BEGIN IMMEDIATE");
            while ((group.Count < GroupOfPages || Stopwatch.GetElapsedTime(started) < GroupTime) && _channel.Reader.TryRead(out var write))
            {
                if (write.TryBegin() && !IsRefused(write, group))
                {
                    group.Add(write);
                }
            }

            Commit();
        }
        catch (Exception)
        {
            Rollback();
            return false;
        }

        group.ForEach(static write => write.Complete());
        return true;
    }

    // What a write refuses before it has written anything (a stale fence) spoils nothing for its neighbours.
    private bool IsRefused(Write write, List<Write> group)
    {
        var before = _session.TotalChanges;
        try
        {
            write.Run();
            return false;
        }
        catch (Exception e) when (_session.TotalChanges == before && e is not SqliteException)
        {
            write.Fail(e);
            return true;
        }
        catch
        {
            group.Add(write);
            throw;
        }
    }

    private void WriteAlone(Write write)
    {
        try
        {
            Execute("BEGIN IMMEDIATE");
            write.Run();
            Commit();
        }
        catch (Exception e)
        {
            Rollback();
            write.Fail(e is SqliteException ? _file.Failure(e) : e);
            return;
        }

        write.Complete();
    }

    private void Commit()
    {
        _numbers.SaveFeeds();
        Execute("COMMIT");
        _numbers.Committed();
    }

    private void Rollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does when the disk is full.
        }

        _numbers.RolledBack();
    }

    private void Execute(string sql) => _session.Prepare(sql).Run();

    private abstract class Write
    {
        public abstract bool TryBegin();

        public abstract void Run();

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    private sealed class Write<T>(Func<T> work) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _begun;
        private Action? _complete;

        public Task<T> Done => _done.Task;

        public override bool TryBegin() => Interlocked.Exchange(ref _begun, 1) == 0;

        public void Cancel(CancellationToken token)
        {
            if (TryBegin())
            {
                _done.SetCanceled(token);
            }
        }

        public override void Run()
        {
            var result = work();
            _complete = () => _done.TrySetResult(result);
        }

        public override void Complete() => _complete?.Invoke();

        public override void Fail(Exception exception) => _done.TrySetException(exception);
    }
}
