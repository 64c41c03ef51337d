using System.Collections.Concurrent;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Read connections, opened when needed and kept with their statements. Readers wait neither for the writer nor it for them.</summary>
internal sealed class ReaderPool(SqliteFile file) : IDisposable
{
    private const int Most = 8;

    private readonly ConcurrentBag<Session> _idle = [];
    private readonly SemaphoreSlim _free = new(Most);

    /// <summary>Waits where all are lent.</summary>
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

    public void Dispose()
    {
        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }

        _free.Dispose();
    }

    /// <summary>A read connection for one use.</summary>
    internal readonly struct Lease(ReaderPool pool, Session session) : IDisposable
    {
        public Session Session { get; } = session;

        public void Dispose()
        {
            Session.Reset();
            pool._idle.Add(Session);
            pool._free.Release();
        }
    }
}
