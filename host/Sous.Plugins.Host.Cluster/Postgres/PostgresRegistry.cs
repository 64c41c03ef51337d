using System.Threading.Channels;
using Npgsql;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The registry in the database that all hosts share. A transaction that writes takes the registry's lock first, so that works run one after another
/// over all hosts; those that wait together in one host share a transaction. Reads ask the database, since any host may have written.
/// </summary>
internal sealed class PostgresRegistry : IRegistry
{
    public const string Tables = """
        CREATE TABLE documents(collection text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, body text NOT NULL, PRIMARY KEY(collection, key));
        """;

    private const int LargestGroup = 256;
    private const int LongestQueue = 4_096;

    private readonly Channel<PendingWrite> _waiting =
        Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(LongestQueue) { SingleReader = true });

    private readonly PostgresDatabase _database;
    private readonly Task _writer;
    private volatile Thread? _working;

    public PostgresRegistry(PostgresDatabase database)
    {
        _database = database;
        _writer = WriteAllAsync();
    }

    public async ValueTask<T?> FindAsync<T>(RegistryCollection<T> collection, string key, CancellationToken cancellationToken)
        where T : class
    {
        var json = await _database.ReadAsync(
            connection => connection.FindAsync<string>("SELECT body FROM documents WHERE collection = $1 AND key = $2", cancellationToken, collection.Name, key), cancellationToken);
        return new RegistryEntry(key, json).Read(collection);
    }

    public async ValueTask<IReadOnlyList<T>> ListAsync<T>(RegistryCollection<T> collection, string keyPrefix, CancellationToken cancellationToken)
        where T : class
    {
        var entries = await _database.ReadAsync(
            connection => connection.ListAsync(
                DocumentGroup.WithPrefix, static row => new RegistryEntry(row.GetString(0), row.GetString(1)), cancellationToken, collection.Name, keyPrefix),
            cancellationToken);
        return [.. entries.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Read(collection)).OfType<T>()];
    }

    public async Task<TResult> WriteAsync<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken)
    {
        if (Thread.CurrentThread == _working)
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
            throw new ObjectDisposedException(nameof(PostgresRegistry));
        }

        return await write.Task;
    }

    /// <summary>Writes the table anew, where nothing reads all of it at that moment: else it fails, and may be tried again. The server's own log, and what is copied from it, hold old documents for as long as that is set up to keep them.</summary>
    public Task CompactAsync(CancellationToken cancellationToken) => _database.WriteAsync(
        async connection =>
        {
            await PostgresDatabase.LockAsync(connection, AdvisoryLock.Registry);

            // What waits for the table keeps all others from it, and a dump of the database holds it for as long as it takes.
            await connection.ExecuteAsync("SET LOCAL lock_timeout = '2s'");

            // A column that changes has its table written anew with what is there; VACUUM carries over what is gone and might yet be seen by any transaction of the server.
            await using var command = new NpgsqlCommand("ALTER TABLE documents ALTER COLUMN body TYPE text USING body || ''", connection) { CommandTimeout = 0 };
            return await command.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>Finishes the writes that wait. The database stays open: it is its owner's.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writer;
    }

    private async Task WriteAllAsync()
    {
        var group = new List<PendingWrite>(LargestGroup);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < LargestGroup && _waiting.Reader.TryRead(out var write))
            {
                group.Add(write);
            }

            await CommitAsync(group);
            group.Clear();
        }
    }

    private async Task CommitAsync(List<PendingWrite> group)
    {
        try
        {
            await _database.WriteAsync(connection => RunAsync(connection, group), CancellationToken.None);
        }
        catch (Exception e)
        {
            var failure = e as StorageException ?? new StorageException("The registry could not be written.", e);
            group.ForEach(write => write.Fail(failure));
            return;
        }

        group.ForEach(static write => write.Complete());
    }

    private async Task<bool> RunAsync(NpgsqlConnection connection, List<PendingWrite> group)
    {
        await PostgresDatabase.LockAsync(connection, AdvisoryLock.Registry);
        var documents = new DocumentGroup(connection);
        _working = Thread.CurrentThread;
        try
        {
            foreach (var write in group)
            {
                var transaction = new PostgresTransaction(documents);
                if (write.Run(transaction))
                {
                    documents.Accept(transaction.Changes);
                }
            }
        }
        finally
        {
            _working = null;
        }

        await documents.SaveAsync();
        return true;
    }
}
