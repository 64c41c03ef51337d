using System.Collections.Concurrent;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Read connections, opened when needed and kept with their statements. Readers wait neither for the writer nor it for them.</summary>
internal sealed class ReaderPool(SqliteFile file) : IDisposable
{
    private const int Most = 8;

    private readonly ConcurrentBag<Session> _idle = [];
    private readonly SemaphoreSlim _free = new(Most);
    private volatile bool _closed;

    /// <summary>Reads something at once; waits where all are lent.</summary>
    /// <exception cref="StorageException">The file cannot be read.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<Session, T> read, CancellationToken cancellationToken)
    {
        using var lease = await RentAsync(cancellationToken);
        return file.Guard(() => read(lease.Session));
    }

    /// <summary>For what is read bit by bit; waits where all are lent.</summary>
    /// <exception cref="StorageException">The file cannot be read.</exception>
    public async ValueTask<Lease> RentAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            return new Lease(this, _idle.TryTake(out var session) ? session : file.OpenReader());
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <summary>Closes what is idle; what is lent closes when it comes back.</summary>
    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private void Return(Session session)
    {
        session.Reset();
        _idle.Add(session);
        _free.Release();
        if (_closed)
        {
            Dispose();
        }
    }

    /// <summary>A read connection for one use.</summary>
    internal readonly struct Lease(ReaderPool pool, Session session) : IDisposable
    {
        public Session Session { get; } = session;

        public void Dispose() => pool.Return(Session);
    }
}
